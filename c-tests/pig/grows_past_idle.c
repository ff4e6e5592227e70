/* What a program has freed and does not ask for again goes back while it grows, also if that takes less time than what
 * is free may stay. */
/* needs: pigalloc */
#include "pig/stats.h"

enum { BLOCKS = 4, SIZE = 1024, GROWTH = (128 << 20) / SIZE };

int main(void)
{
    void *blocks[BLOCKS];
    double begin = seconds();
    /* Something is in use all the time, beside which as much may stay free. */
    void *live = malloc(24 * MIB);
    CHECK(live != NULL);
    memset(live, 1, 24 * MIB);
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(6 * MIB);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 1, 6 * MIB);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    size_t idle = all_stats().dirty_bytes;
    for (size_t i = 0; i < GROWTH; i++) {
        void *block = malloc(SIZE);
        CHECK(block != NULL);
        *(unsigned char *)hide(block) = 1;
    }
    printf("%zu KiB idle, then %zu, after %.2f s\n", idle / KIB, all_stats().dirty_bytes / KIB, seconds() - begin);
    CHECK_AT_MOST(all_stats().dirty_bytes, 4 * MIB);
    return 0;
}
