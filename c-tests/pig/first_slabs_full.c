/* The first slabs of many heaps stand on small pages, since most of them stay nearly empty. Where they are filled all the
 * same their regions get huge pages, which then cost next to nothing. */
/* needs: pigalloc */
/* cases: filled half */
#include "faults.h"

enum { THREADS = 10, SLAB = 65536, LARGEST = 2048, SMALLEST = 64 };

static pthread_barrier_t turn;
static size_t part = 1;

/* Of about thirty sizes as many blocks as a slab has, or half as many. */
static void *fill_first(void *unused)
{
    (void)unused;
    void **chain = NULL;
    earn_heap();
    pthread_barrier_wait(&turn);
    for (size_t size = LARGEST; size >= SMALLEST; size -= size / 8 / 16 * 16 + 16)
        for (size_t i = 0; i < SLAB / size / part; i++) {
            void **block = malloc(size);
            CHECK(block != NULL);
            memset(hide(block), 1, size);
            *block = chain;
            chain = block;
        }
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    while (chain != NULL) {
        void **next = *chain;
        free(hide(chain));
        chain = next;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    need_huge_pages(6, 1);
    if (argc > 1 && strcmp(argv[1], "half") == 0)
        part = 2;
    pthread_barrier_init(&turn, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, fill_first, NULL) == 0);
    pthread_barrier_wait(&turn);
    size_t before = resident_kib();
    pthread_barrier_wait(&turn);
    size_t resident = resident_kib() - before;
    size_t huge = proc_number("/proc/self/smaps_rollup", "AnonHugePages:");
    printf("%zu of %zu KiB on huge pages\n", huge, resident);
    if (part == 1)
        CHECK(huge >= resident / 3 * 2);
    else
        CHECK_AT_MOST(huge, resident / 3);
    pthread_barrier_wait(&turn);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
