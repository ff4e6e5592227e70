/* A block freed twice by a thread that frees blocks of many owners in turn: it waits among those. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 24 100 1000 5000 */
#include "misuse/misuse.h"

enum { OWNERS = 5, EACH = 3 };

static void *blocks[OWNERS][EACH];
static pthread_barrier_t turn;
static size_t size;

static void *own(void *number)
{
    earn_heap();
    for (int i = 0; i < EACH; i++)
        CHECK((blocks[(uintptr_t)number][i] = malloc(size)) != NULL);
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    return NULL;
}

int main(int argc, char **argv)
{
    size = size_of(argc, argv);
    CHECK(pthread_barrier_init(&turn, NULL, OWNERS + 1) == 0);
    earn_heap();
    for (uintptr_t i = 0; i < OWNERS; i++)
        start(own, (void *)i);
    pthread_barrier_wait(&turn);
    for (int i = 0; i < EACH; i++)
        for (int owner = 0; owner < OWNERS; owner++)
            if (i < EACH - 1 || owner == 1)
                free(blocks[owner][i]);
    free(announce(blocks[2][0]));
    unnoticed();
}
