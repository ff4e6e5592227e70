/* 70,000 live blocks of 140 KB neither exhaust vm.max_map_count nor cost more than is touched of them. */
#include "test.h"

enum { N = 70000, SIZE = 140000 };
static char *blocks[N];

int main(void)
{
    touch(blocks, sizeof blocks);
    size_t before = resident_kib();
    for (size_t i = 0; i < N; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL);
        blocks[i][0] = (char)i;
    }
    CHECK_AT_MOST(mappings(), 20000);
    CHECK_AT_MOST(resident_kib(), before + 1 * GIB / KIB);
    for (size_t i = 0; i < N; i++) {
        size_t at = i * 7919 % N;
        CHECK(blocks[at][0] == (char)at);
        free(blocks[at]);
    }
    CHECK_AT_MOST(resident_kib(), before + 300 * KIB);
    return 0;
}
