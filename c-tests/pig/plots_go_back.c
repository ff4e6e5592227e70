/* What large heaps have set aside to grow goes back when they have shrunk, with what a huge page had brought of it. */
/* needs: pigalloc */
#include "pig/plots.h"

enum { THREADS = 6, SIZE = 1000, BLOCKS = 22000, TURN = 16, KEPT = 65, LEFT_MOST_KIB = 13 << 10 };

static void *grow_and_shrink(void *number)
{
    static char *blocks[THREADS][BLOCKS];
    char **mine = blocks[(size_t)number];
    /* Not all have as much left of a region. */
    int count = BLOCKS - (int)(size_t)number * 300;
    earn_heap();
    for (int i = 0; i < BLOCKS; i++) {
        if (i % TURN == 0)
            pthread_barrier_wait(&turn);
        if (i < count) {
            CHECK((mine[i] = malloc(SIZE)) != NULL);
            mine[i][0] = 1;
        }
    }
    pthread_barrier_wait(&turn);
    free_most(mine, count, KEPT);
    pthread_barrier_wait(&turn);
    /* Some use, for the ticks of two decay times. */
    for (int i = 0; i < 130; i++) {
        for (int j = 0; j < TURN; j++)
            mine[j + 1] = malloc(SIZE + 3000);
        for (int j = 0; j < TURN; j++)
            free(mine[j + 1]);
        sleep_ms(10);
    }
    pthread_barrier_wait(&turn);
    for (;;)
        pause();
    return NULL;
}

int main(void)
{
    check_left(THREADS, grow_and_shrink, (BLOCKS + TURN - 1) / TURN + 3, LEFT_MOST_KIB);
    return 0;
}
