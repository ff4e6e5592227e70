/* malloc_trim, called again and again by one thread or by all, gives no live content of any thread away. */
/* cases: one all */
#include "test.h"

static volatile int stop;
static int all_trim;

static void *churn(void *seed)
{
    enum { SLOTS = 300 };
    unsigned char *blocks[SLOTS] = {NULL};
    size_t sizes[SLOTS] = {0};
    unsigned long state = (unsigned long)(uintptr_t)seed * 7919;
    for (int step = 0; step < 60000; step++) {
        size_t i = next_random(&state) % SLOTS;
        CHECK(blocks[i] == NULL || holds(blocks[i], sizes[i], (unsigned)i));
        free(blocks[i]);
        sizes[i] = next_random(&state) % (step % 50 == 0 ? 200000 : 2000);
        blocks[i] = malloc(sizes[i]);
        CHECK(blocks[i] != NULL);
        fill(blocks[i], sizes[i], (unsigned)i);
        if (step % 1000 == 0)
            for (i = 0; i < SLOTS; i++) {
                free(blocks[i]);
                blocks[i] = NULL;
            }
        if (all_trim && step % 1000 == 0)
            malloc_trim(0);
    }
    for (size_t i = 0; i < SLOTS; i++)
        free(blocks[i]);
    return NULL;
}

static void *trim(void *unused)
{
    while (!stop) {
        malloc_trim(0);
        sleep_ms(1);
    }
    return unused;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    all_trim = strcmp(argv[1], "all") == 0;
    pthread_t trimmer = start(trim, NULL), threads[3];
    for (uintptr_t i = 0; i < COUNT(threads); i++)
        threads[i] = start(churn, (void *)(i + 1));
    for (size_t i = 0; i < COUNT(threads); i++)
        finish(threads[i]);
    stop = 1;
    finish(trimmer);
    return 0;
}
