/* A block freed by its thread and then by another. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 1 24 100 1000 5000 40000 65536 100000 200000 67108864 */
#include "misuse/misuse.h"

static pthread_barrier_t freed;

/* Waits first, so that nothing is allocated between the two frees: a new thread might be given the block. */
static void *free_after_main(void *block)
{
    pthread_barrier_wait(&freed);
    free(block);
    unnoticed();
}

int main(int argc, char **argv)
{
    void *block = announce(among_others(size_of(argc, argv)));
    CHECK(pthread_barrier_init(&freed, NULL, 2) == 0);
    pthread_t thread = start(free_after_main, block);
    free(block);
    pthread_barrier_wait(&freed);
    finish(thread);
    return 0;
}
