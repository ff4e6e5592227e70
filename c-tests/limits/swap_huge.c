/* Address space is used up, but for a large block of each thread and a few pages: each frees its own and asks for it
 * again. What one of them takes for a moment beyond its block is not what the others lack. */
/* beyond-glibc: a block that was freed raises its threshold for mappings, and the next comes from an arena */
#include "limits/limit.h"
#include <sys/mman.h>

enum { THREADS = 2, SIZE = 600000, SMALL = 100 * 1024, SPARE = 40 * 1024, STACK = 256 * 1024, SECONDS = 2 };

static _Atomic int is_full, stopping;

static void *swap(void *unused)
{
    earn_heap();
    char *block = malloc(SIZE);
    while (!is_full)
        sleep_ms(1);
    while (!stopping) {
        CHECK(block != NULL);
        *block = 1;
        free(block);
        block = malloc(SIZE);
    }
    free(block);
    return unused;
}

static void *reserve(size_t bytes)
{
    return mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    pthread_attr_t attributes;
    (void)argc;
    start_limited(RLIMIT_AS, 128 * MIB, argv);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], &attributes, swap, NULL) == 0);
    sleep_ms(300);
    void *spare = reserve(SPARE);
    CHECK(spare != MAP_FAILED);
    while (hide(malloc(SMALL)) != NULL) {
    }
    for (size_t bytes = 16 * MIB; bytes >= 4096; bytes /= 2)
        while (reserve(bytes) != MAP_FAILED) {
        }
    CHECK(munmap(spare, SPARE) == 0);
    is_full = 1;
    sleep_ms(SECONDS * 1000);
    stopping = 1;
    for (size_t i = 0; i < THREADS; i++)
        finish(threads[i]);
    return 0;
}
