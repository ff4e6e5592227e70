/* A block freed by two threads that do not own it. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 1 24 100 1000 5000 40000 65536 100000 200000 67108864 */
#include "misuse/misuse.h"

static pthread_barrier_t freed;

/* Waits first, so that nothing is allocated between the two frees: a new thread might be given the block. */
static void *free_second(void *block)
{
    pthread_barrier_wait(&freed);
    free(block);
    unnoticed();
}

static void *free_first(void *block)
{
    free(block);
    pthread_barrier_wait(&freed);
    return NULL;
}

int main(int argc, char **argv)
{
    void *block = announce(among_others(size_of(argc, argv)));
    CHECK(pthread_barrier_init(&freed, NULL, 2) == 0);
    pthread_t second = start(free_second, block);
    finish(start(free_first, block));
    finish(second);
    return 0;
}
