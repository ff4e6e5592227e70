/* Blocks of a size that a thread has never asked for, in a mixed slab that its heap has adopted: when the thread
 * frees them they are free. */
/* needs: pigalloc */
/* env: PIGALLOC_SHARE=0 */
#include "pig/stats.h"
#include <malloc.h>

enum { LARGE = 1000, SMALL = 304, OTHER = 496, N = 30000, M = 20000 };

static void *large[N], *small[M], *other[M];
static pthread_barrier_t turn;

/* Fills the holes of one size with blocks of another; the holes come by and by, since slabs in use are spared. */
static void *mix(void *unused)
{
    size_t shared = 0;
    static unsigned char has_large[1 << 16];
    for (int i = 0; i < N; i++)
        CHECK((large[i] = malloc(LARGE)) != NULL);
    for (int part = 1; part < 4; part++) {
        for (int i = part; i < N; i += 4)
            free(large[i]);
        for (int i = part - 1; i < M; i += 3)
            CHECK((small[i] = malloc(SMALL)) != NULL);
    }
    for (int i = 0; i < N; i += 4)
        has_large[(size_t)large[i] >> 16 & 0xffff] = 1;
    for (int i = 0; i < M; i++)
        shared += has_large[(size_t)small[i] >> 16 & 0xffff];
    CHECK(shared > M / 4);
    return unused;
}

/* Takes the heap that has become free. */
static void *stay(void *unused)
{
    free(hide(malloc(LARGE)));
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    return unused;
}

static void *adopt(void *unused)
{
    for (int i = 0; i < M; i++)
        CHECK((other[i] = malloc(OTHER)) != NULL);
    size_t before = live_blocks();
    for (int i = 0; i < M; i++)
        free(small[i]);
    CHECK(before - live_blocks() == M);
    return unused;
}

int main(void)
{
    free(hide(malloc(LARGE)));
    CHECK(pthread_barrier_init(&turn, NULL, 2) == 0);
    finish(start(mix, NULL));
    malloc_trim(0);
    pthread_t staying = start(stay, NULL);
    pthread_barrier_wait(&turn);
    finish(start(adopt, NULL));
    pthread_barrier_wait(&turn);
    finish(staying);
    return 0;
}
