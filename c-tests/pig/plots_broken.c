/* What a huge page has brought goes back of heaps that have set a part of it aside, and whose slabs have broken it up. */
/* needs: pigalloc */
#include "pig/plots.h"

enum { THREADS = 4, SIZE = 512, BLOCKS = 120 << 10, KEPT = 120, LEFT_MOST_KIB = 22 << 10, DECAY_MS = 500 };

static void *grow_and_break_up(void *number)
{
    static char *blocks[THREADS][BLOCKS];
    char **mine = blocks[(size_t)number];
    for (int i = 0; i < BLOCKS; i++) {
        CHECK((mine[i] = malloc(SIZE)) != NULL);
        memset(mine[i], 1, SIZE);
    }
    pthread_barrier_wait(&turn);
    free_most(mine, BLOCKS, KEPT);
    pthread_barrier_wait(&turn);
    /* Ticks, of whoever comes first. */
    for (int i = 0; i < 2; i++) {
        sleep_ms(DECAY_MS + 200);
        for (int j = 0; j < 2000; j++)
            free(hide(malloc((size_t)(SIZE + j % 64 * 16))));
    }
    pthread_barrier_wait(&turn);
    for (;;)
        pause();
    return NULL;
}

int main(void)
{
    check_left(THREADS, grow_and_break_up, 3, LEFT_MOST_KIB);
    return 0;
}
