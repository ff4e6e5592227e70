/* mallinfo2 counts what other threads hold and what dead threads left behind. */
#include "test.h"

enum { N = 10000, SIZE = 1000 };
static void *blocks[N];
static pthread_barrier_t barrier;

static void *hold(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < N; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL);
    }
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

int main(void)
{
    size_t before = in_use();
    CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0);
    pthread_t thread = start(hold, NULL);
    pthread_barrier_wait(&barrier);
    CHECK(in_use() >= before + (size_t)N * SIZE);
    pthread_barrier_wait(&barrier);
    finish(thread);
    CHECK(in_use() >= before + (size_t)N * SIZE);
    for (size_t i = 0; i < N; i++)
        free(blocks[i]);
    CHECK_AT_MOST(in_use(), before + 600 * KIB);
    return 0;
}
