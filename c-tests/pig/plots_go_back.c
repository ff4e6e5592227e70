/* What large heaps have set aside to grow goes back when they have shrunk, with what a huge page had brought of it. */
/* needs: pigalloc */
#include "test.h"

#include <pthread.h>

enum { THREADS = 6, SIZE = 1000, BLOCKS = 22000, TURN = 16, KEPT = 65, LEFT_MOST_KIB = 13 << 10 };

static pthread_barrier_t turn;

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
    for (int i = 0; i < count; i++)
        if (i % KEPT != 0)
            free(mine[i]);
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
    CHECK(pthread_barrier_init(&turn, NULL, THREADS + 1) == 0);
    earn_heap();
    size_t before = resident_kib();
    for (size_t i = 0; i < THREADS; i++)
        start(grow_and_shrink, (void *)i);
    for (int i = 0; i < (BLOCKS + TURN - 1) / TURN + 3; i++)
        pthread_barrier_wait(&turn);
    malloc_trim(0);
    CHECK(resident_kib() <= before + LEFT_MOST_KIB);
    return 0;
}
