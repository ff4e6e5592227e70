/* A pool takes chunks, fills each and frees none: further ones come by huge pages. Where the program has taken the
 * access to them away nobody looks at them; where they are used in a corner they cost that, also when others of their
 * size are filled. */
/* needs: pigalloc */
/* cases: filled protected corners turns_2 turns_3 turns_4 threads */
#include "faults.h"
#include <pthread.h>
#include <sys/mman.h>

enum { CHUNK = 128 * 1024, CHUNKS = 400, PAGE = 4096, PAGES = CHUNKS * (CHUNK / PAGE), THREADS = 4 };

static char *take(void)
{
    char *chunk = aligned_alloc(PAGE, CHUNK);
    CHECK(chunk != NULL);
    return chunk;
}

/* Words of any kind, a part of them zero. */
static void fill_words(char *chunk)
{
    for (size_t at = 0; at < CHUNK; at += sizeof(size_t))
        *(volatile size_t *)(chunk + at) = at % 24 == 8 ? 0 : (size_t)chunk + at;
}

static void *take_filled(void *unused)
{
    for (int i = 0; i < CHUNKS / THREADS; i++)
        fill_words(take());
    return unused;
}

static void protect(void)
{
    for (int i = 0; i < CHUNKS; i++) {
        char *chunk = take();
        fill_words(chunk);
        CHECK(mprotect(chunk, CHUNK, i % 2 ? PROT_NONE : PROT_READ) == 0);
    }
}

static void in_threads(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, take_filled, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

int main(int argc, char **argv)
{
    need_huge_pages(5, 14);
    CHECK(argc > 1);
    long faults = page_faults();
    size_t before = resident_kib();
    if (strcmp(argv[1], "protected") == 0) {
        protect();
    } else if (strcmp(argv[1], "corners") == 0) {
        for (int i = 0; i < CHUNKS; i++)
            *(volatile char *)take() = 1;
        CHECK_AT_MOST(resident_kib() - before, 4 * KIB + CHUNKS * 8);
    } else if (strncmp(argv[1], "turns_", 6) == 0) {
        int turn = argv[1][6] - '0';
        for (int i = 0; i < CHUNKS; i++)
            if (i % turn == 0)
                fill_words(take());
            else
                *(volatile char *)take() = 1;
        CHECK_AT_MOST(resident_kib() - before, 6 * KIB + (CHUNKS / turn + 1) * (CHUNK >> 10) + CHUNKS * 8);
    } else if (strcmp(argv[1], "threads") == 0) {
        in_threads();
        /* A thread that is stopped while it fills one lets others begin on small pages. */
        CHECK_AT_MOST(page_faults() - faults, PAGES / 2);
    } else {
        for (int i = 0; i < CHUNKS; i++)
            fill_words(take());
        CHECK_AT_MOST(page_faults() - faults, PAGES / 4);
    }
    return 0;
}
