/* The first slabs of many heaps stand on small pages, since most of them stay nearly empty. Where they are filled all the
 * same their regions get huge pages, which then cost next to nothing; not where blocks of several pages are used in a corner. */
/* needs: pigalloc */
/* cases: filled half corners */
#include "faults.h"
#include <pigalloc.h>

enum { THREADS = 20, UNIT = 65536 };

static pthread_barrier_t turn;
static size_t part = 1, largest = 2048, smallest = 64;
static bool is_corner;

/* Bytes of a slab for blocks of a size. */
static size_t slab(size_t size)
{
    return size <= 8192 ? UNIT : size <= 32768 ? 2 * UNIT : 4 * UNIT;
}

static size_t next_smaller(size_t size)
{
    size_t smaller = size;
    while (pig_good_size(smaller) == size)
        smaller -= 16;
    return pig_good_size(smaller);
}

/* Of about thirty sizes as many blocks as a slab has, or half as many. */
static void *fill_first(void *unused)
{
    (void)unused;
    void **chain = NULL;
    earn_heap();
    pthread_barrier_wait(&turn);
    for (size_t size = pig_good_size(largest); size >= smallest; size = next_smaller(size))
        for (size_t i = 0; i < slab(size) / size / part; i++) {
            void **block = malloc(size);
            CHECK(block != NULL);
            memset(hide(block), 1, is_corner ? 1 : size);
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
    if (huge_pages_are("[always]"))
        SKIP("the system gives huge pages to who has not asked for any");
    if (argc > 1 && strcmp(argv[1], "half") == 0)
        part = 2;
    if (argc > 1 && strcmp(argv[1], "corners") == 0)
        is_corner = true, largest = 60000, smallest = 5000;
    pthread_barrier_init(&turn, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, fill_first, NULL) == 0);
    pthread_barrier_wait(&turn);
    size_t before = resident_kib(), huge_before = kib_on_huge_pages();
    pthread_barrier_wait(&turn);
    size_t resident = resident_kib() - before;
    size_t huge = kib_on_huge_pages() - huge_before;
    printf("%zu of %zu KiB on huge pages\n", huge, resident);
    fflush(stdout);
    if (part == 1 && !is_corner)
        CHECK(huge >= resident / 2);
    else
        CHECK_AT_MOST(huge, resident / 3);
    pthread_barrier_wait(&turn);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
