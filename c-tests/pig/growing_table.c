/* While the first arena grows by gigabytes its blocks are found all the time: by threads that ask for blocks of which
 * the fast paths know nothing, in slabs whose pages went back. */
/* needs: pigalloc */
#include "test.h"
#include <malloc.h>
#include <sys/mman.h>

enum { ASKED = 64, THREADS = 2 };
static const size_t SIZE = 8000, UNIT = 64 * KIB, GROWTH = 8 * GIB;

static unsigned char *asked[ASKED];
static _Atomic int stopping;

static void *ask(void *unused)
{
    while (!stopping)
        for (size_t i = 0; i < 1000; i++)
            CHECK(malloc_usable_size(asked[i % ASKED | 1]) >= SIZE);
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < ASKED; i++) {
        asked[i] = malloc(SIZE);
        CHECK(asked[i] != NULL);
        memset(asked[i], 1, SIZE);
    }
    for (size_t i = 0; i < ASKED; i += 2)
        free(asked[i]);
    malloc_trim(0);
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = start(ask, NULL);
    for (size_t grown = 0; grown < GROWTH; grown += UNIT) {
        void *block = malloc(UNIT);
        CHECK(block != NULL && is_aligned(block, 4096));
        madvise(block, UNIT, MADV_DONTNEED);
    }
    stopping = 1;
    for (size_t i = 0; i < THREADS; i++)
        finish(threads[i]);
    return 0;
}
