/* What a huge page has brought goes back of heaps that have set a part of it aside, and whose slabs have broken it up. */
/* needs: pigalloc */
#include "test.h"

#include <pthread.h>

enum { THREADS = 4, SIZE = 512, BLOCKS = 120 << 10, KEPT = 120, LEFT_MOST_KIB = 22 << 10, DECAY_MS = 500 };

static pthread_barrier_t turn;

static void *grow_and_break_up(void *number)
{
    static char *blocks[THREADS][BLOCKS];
    char **mine = blocks[(size_t)number];
    for (int i = 0; i < BLOCKS; i++) {
        CHECK((mine[i] = malloc(SIZE)) != NULL);
        memset(mine[i], 1, SIZE);
    }
    pthread_barrier_wait(&turn);
    for (int i = 0; i < BLOCKS; i++)
        if (i % KEPT != 0)
            free(mine[i]);
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
    CHECK(pthread_barrier_init(&turn, NULL, THREADS + 1) == 0);
    earn_heap();
    size_t before = resident_kib();
    for (size_t i = 0; i < THREADS; i++)
        start(grow_and_break_up, (void *)i);
    for (int i = 0; i < 3; i++)
        pthread_barrier_wait(&turn);
    malloc_trim(0);
    CHECK(resident_kib() <= before + LEFT_MOST_KIB);
    return 0;
}
