/* Where a program takes and frees the same number of blocks in turns, the thread's magazine comes to hold all of them, up to
 * a few thousand; where that would not do, it does not get that large. */
/* needs: pigalloc */
#include "pig/stats.h"

enum { SIZE = 100, FEW = 1500, MANY = 100000, TURNS = 20 };

static void *blocks[MANY];

/* The bytes that are in magazines after the last turn. */
static size_t swing(size_t count)
{
    for (int turn = 0; turn < TURNS; turn++) {
        for (size_t i = 0; i < count; i++)
            CHECK((blocks[i] = malloc(SIZE)) != NULL);
        for (size_t i = 0; i < count; i++)
            free(blocks[i]);
    }
    return all_stats().cached_bytes;
}

int main(void)
{
    CHECK_AT_MOST(swing(MANY), FEW * SIZE);
    size_t cached = swing(FEW);
    CHECK(cached >= FEW * SIZE);
    CHECK_AT_MOST(cached, 2 * FEW * SIZE);
    return 0;
}
