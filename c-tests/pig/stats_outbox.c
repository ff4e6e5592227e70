/* Blocks that another thread has freed count as free at once, though they are still on their way to the heap
 * that they came from. */
/* needs: pigalloc */
#include "pig/stats.h"

enum { N = 1000, FREED = 50 };

static void *blocks[N];
static pthread_barrier_t barrier;

static void *free_some(void *unused)
{
    earn_heap();
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < FREED; i++)
        free(blocks[i]);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return unused;
}

int main(void)
{
    CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0);
    for (int i = 0; i < N; i++)
        CHECK((blocks[i] = malloc(200)) != NULL);
    pthread_t thread = start(free_some, NULL);
    pthread_barrier_wait(&barrier);
    size_t before = live_blocks();
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    CHECK(live_blocks() == before - FREED);
    pthread_barrier_wait(&barrier);
    finish(thread);
    CHECK(live_blocks() <= before - FREED);
    for (int i = FREED; i < N; i++)
        free(blocks[i]);
    return 0;
}
