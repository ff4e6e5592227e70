/* A block freed twice that is on its way to a heap which has given up its slab in between: its thread ended, and
 * a trim took the slab over, before the crate with the block was delivered. */
/* needs: pigalloc */
/* env: PIGALLOC_SHARE=0 */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 24 64 1000 */
#include "misuse/misuse.h"

/* More than half a crate is not put into the slab one by one. */
enum { BLOCKS = 40, BEFORE = 12 };

static void *blocks[BLOCKS];
static pthread_barrier_t turn;

static void *make(void *size)
{
    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = malloc((size_t)size);
    return NULL;
}

/* Has a heap of its own before the other thread's is free to take. */
static void *free_some(void *unused)
{
    hide(malloc(10));
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    for (size_t i = 0; i < BEFORE; i++)
        free(blocks[i]);
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    /* This one is another heap's by now: the crate with the others must go. */
    free(blocks[BEFORE]);
    pthread_barrier_wait(&turn);
    pause();
    return unused;
}

int main(int argc, char **argv)
{
    size_t size = size_of(argc, argv);
    hide(malloc(10));
    CHECK(pthread_barrier_init(&turn, NULL, 2) == 0);
    start(free_some, NULL);
    pthread_barrier_wait(&turn);
    finish(start(make, (void *)size));
    for (size_t i = BEFORE + 1; i < BLOCKS; i++)
        keep(blocks[i], size);
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    malloc_trim(0);
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    free(announce(blocks[3]));
    unnoticed();
}
