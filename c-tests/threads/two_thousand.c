/* 2,000 live threads that hold 40 MB together cost little more than what they hold and their stacks. */
#include "test.h"

enum { THREADS = 2000, BLOCKS = 20, SIZE = 1000 };
static pthread_barrier_t all_hold, may_go;

static void *body(void *unused)
{
    void *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL);
        fill(blocks[i], SIZE, (unsigned)i);
    }
    pthread_barrier_wait(&all_hold);
    pthread_barrier_wait(&may_go);
    for (size_t i = 0; i < BLOCKS; i++) {
        CHECK(holds(blocks[i], SIZE, (unsigned)i));
        free(blocks[i]);
    }
    return unused;
}

int main(void)
{
    static pthread_t threads[THREADS];
    size_t before = resident_kib();
    CHECK(pthread_barrier_init(&all_hold, NULL, THREADS + 1) == 0);
    CHECK(pthread_barrier_init(&may_go, NULL, THREADS + 1) == 0);
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = start(body, NULL);
    pthread_barrier_wait(&all_hold);
    /* 40 MB of blocks, and 12 KiB of stack and thread descriptor each. */
    CHECK_AT_MOST(resident_kib(), before + 40000 + THREADS * 12 + 16 * KIB);
    pthread_barrier_wait(&may_go);
    for (size_t i = 0; i < THREADS; i++)
        finish(threads[i]);
    return 0;
}
