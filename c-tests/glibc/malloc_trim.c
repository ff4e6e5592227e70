/* malloc_trim gives free memory back to the system at once, and returns 1 if any went back. */
#include "test.h"

int main(void)
{
    enum { N = 200000, SIZE = 1000 };
    static void *blocks[N];
    size_t before = resident_kib();
    for (size_t i = 0; i < N; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 1, SIZE);
    }
    void *last = malloc(SIZE);
    CHECK(resident_kib() > before + 180 * KIB);
    for (size_t i = 0; i < N; i++)
        free(blocks[i]);
    int returned = malloc_trim(0);
    CHECK(returned == 1);
    CHECK_AT_MOST(resident_kib(), before + 8 * KIB);
    free(last);
    return 0;
}
