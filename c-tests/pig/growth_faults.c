/* A program that uses many sizes grows: what it fills comes by huge pages, although the slabs that it has just opened
 * are never full; and threads that use many sizes a little stay on small pages. */
/* needs: pigalloc */
/* cases: grows threads */
#include "faults.h"
#include <pthread.h>

enum { SIZES = 40, STEP = 48, EACH = 400 * 1024, TOTAL = SIZES * EACH, PAGE = 4096, THREADS = 40 };

static void take_all(size_t bytes_of_each)
{
    for (size_t made = 0; made < bytes_of_each;)
        for (size_t size = STEP; size <= SIZES * STEP; size += STEP, made += size / SIZES) {
            void *block = malloc(size);
            CHECK(block != NULL);
            memset(block, 1, size);
        }
}

static pthread_barrier_t all_there;

static void *use_a_little(void *unused)
{
    take_all(1000);
    pthread_barrier_wait(&all_there);
    pthread_barrier_wait(&all_there);
    return unused;
}

int main(int argc, char **argv)
{
    need_huge_pages(5, 14);
    if (argc > 1 && strcmp(argv[1], "grows") == 0) {
        long faults = page_faults();
        take_all(EACH);
        CHECK_AT_MOST(page_faults() - faults, (size_t)TOTAL / PAGE * 3 / 5);
        return 0;
    }
    pthread_t threads[THREADS];
    CHECK(pthread_barrier_init(&all_there, NULL, THREADS + 1) == 0);
    size_t before = resident_kib();
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, use_a_little, NULL) == 0);
    pthread_barrier_wait(&all_there);
    size_t grown = resident_kib() - before;
    pthread_barrier_wait(&all_there);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    /* 40 sizes of at least a page each, stacks and heaps. */
    CHECK_AT_MOST(grown, THREADS * 500);
    return 0;
}
