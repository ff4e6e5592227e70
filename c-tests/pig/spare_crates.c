/* Threads that have freed what others allocated, and now sleep, keep few of the crates that such blocks travel in. */
/* needs: pigalloc */
#include "pig/stats.h"

#include <pthread.h>

enum { PAIRS = 40, MANY = 8000, FEW = 200, MOST_EACH = 36 << 10 };

static void *blocks[MANY];
static pthread_barrier_t freed;

static void *free_and_sleep(void *count)
{
    earn_heap();
    for (size_t i = 0; i < (size_t)count; i++)
        free(blocks[i]);
    pthread_barrier_wait(&freed);
    for (;;)
        pause();
    return NULL;
}

/* A thread that frees so many blocks of this one. */
static void have_freed(size_t count)
{
    for (size_t i = 0; i < count; i++)
        CHECK((blocks[i] = malloc(64)) != NULL);
    start(free_and_sleep, (void *)count);
    pthread_barrier_wait(&freed);
}

int main(void)
{
    CHECK(pthread_barrier_init(&freed, NULL, 2) == 0);
    earn_heap();
    /* The crates of the many come back to this thread, for whoever needs some: the next, who needs hardly any. */
    have_freed(MANY);
    size_t before = all_stats().metadata_bytes;
    for (int i = 0; i < PAIRS; i++) {
        have_freed(FEW);
        have_freed(MANY);
    }
    size_t each = (all_stats().metadata_bytes - before) / (2 * PAIRS);
    CHECK(each <= MOST_EACH);
    return 0;
}
