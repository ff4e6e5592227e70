/* Address space is used up, but for one block of each thread, which it frees and asks for again: there is always
 * room for all, also while what is free goes back to the system. */
/* cases: 0 1 */
#include "limits/limit.h"

enum { THREADS = 6, MOST = 4096, SIZE = 100 * 1024, STACK = 64 * 1024, SECONDS = 2 };

static _Atomic int is_full, stopping;

static pthread_t begin(void *(*body)(void *))
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    CHECK(pthread_create(&thread, &attributes, body, NULL) == 0);
    return thread;
}

static void *swap(void *unused)
{
    earn_heap();
    while (!is_full)
        sleep_ms(1);
    char *block = malloc(SIZE);
    while (!stopping) {
        CHECK(block != NULL);
        memset(block, 1, SIZE);
        free(block);
        block = malloc(SIZE);
    }
    free(block);
    return unused;
}

static void *trim(void *unused)
{
    while (!stopping)
        malloc_trim(0);
    return unused;
}

int main(int argc, char **argv)
{
    static void *blocks[MOST];
    pthread_t threads[THREADS], trimmer;
    size_t count = 0;
    CHECK(argc == 2);
    start_limited(RLIMIT_AS, 64 * MIB, argv);
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = begin(swap);
    int trims = strcmp(argv[1], "1") == 0;
    sleep_ms(300);
    for (int i = 0; i < 3; i++) {
        while (count < MOST && (blocks[count] = malloc(SIZE)) != NULL)
            count++;
        malloc_trim(0);
    }
    CHECK(count > THREADS);
    for (size_t i = 0; i < THREADS; i++)
        free(blocks[--count]);
    if (trims)
        trimmer = begin(trim);
    is_full = 1;
    sleep_ms(SECONDS * 1000);
    stopping = 1;
    for (size_t i = 0; i < THREADS; i++)
        finish(threads[i]);
    if (trims)
        finish(trimmer);
    return 0;
}
