/* After 2 GB of small blocks were freed, malloc_trim makes the resident size fall at once. */
/* timeout: 120 */
#include "test.h"

enum { N = 2000000, SIZE = 1000 };
static void *blocks[N];

int main(void)
{
    touch(blocks, sizeof blocks);
    size_t before = resident_kib();
    for (size_t i = 0; i < N; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL);
        touch(blocks[i], SIZE);
    }
    void *last = malloc(SIZE);
    CHECK(resident_kib() > before + 1800 * KIB);
    for (size_t i = 0; i < N; i++)
        free(blocks[i]);
    CHECK(malloc_trim(0) == 1);
    CHECK_AT_MOST(resident_kib(), before + 32 * KIB);
    free(last);
    return 0;
}
