/* Blocks handed to different threads at the same time do not share cache lines, but for a few at the seams. */
/* cases: 16 48 64 200 */
#include "test.h"

enum { WARM_UP = 3000, BLOCKS = 2000, THREADS = 2 };
static uintptr_t places[THREADS][BLOCKS];
static size_t size;
static pthread_barrier_t barrier;

static void *body(void *number)
{
    uintptr_t *mine = places[(uintptr_t)number];
    for (size_t i = 0; i < WARM_UP; i++)
        CHECK(malloc(size) != NULL);
    pthread_barrier_wait(&barrier);
    for (size_t i = 0; i < BLOCKS; i++) {
        mine[i] = (uintptr_t)malloc(size);
        CHECK(mine[i] != 0);
    }
    pthread_barrier_wait(&barrier);
    return NULL;
}

static int by_place(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    size = (size_t)atol(argv[1]);
    CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = start(body, (void *)i);
    for (size_t i = 0; i < THREADS; i++)
        finish(threads[i]);
    for (size_t i = 0; i < THREADS; i++)
        qsort(places[i], BLOCKS, sizeof places[i][0], by_place);
    size_t shared = 0, other = 0;
    for (size_t i = 0; i < BLOCKS; i++) {
        uintptr_t first = places[0][i] / 64, last = (places[0][i] + size - 1) / 64;
        while (other < BLOCKS && (places[1][other] + size - 1) / 64 < first)
            other++;
        shared += other < BLOCKS && places[1][other] / 64 <= last;
    }
    CHECK_AT_MOST(shared, BLOCKS / 50);
    return 0;
}
