/* A block of a size whose slabs a crowd of threads shares, freed twice by a thread with a heap of its own. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 1000 10000 40000 */
#include "misuse/misuse.h"

enum { THREADS = 60 };

static pthread_barrier_t together;
static size_t size;

static void *work(void *number)
{
    earn_heap();
    pthread_barrier_wait(&together);
    if (number == NULL) {
        void *block = announce(malloc(size)), *other = malloc(size);
        free(block);
        free(other);
        free(hide(block));
        unnoticed();
    }
    pthread_barrier_wait(&together);
    return NULL;
}

int main(int argc, char **argv)
{
    size = size_of(argc, argv);
    pthread_t threads[THREADS];
    CHECK(pthread_barrier_init(&together, NULL, THREADS) == 0);
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = start(work, (void *)i);
    for (size_t i = 0; i < THREADS; i++)
        finish(threads[i]);
    return 0;
}
