/* Resident memory of 2,000 live threads that hold 40 MB together.
 *
 * threads_live PAIRS: each thread makes PAIRS malloc/free pairs, then holds about 20 KB in blocks of 16 to
 * 1,024 bytes, all written, and waits. The base is read when all threads exist and have touched their
 * stacks. */
#include "figure.h"

enum { THREADS = 2000, HELD = 20 * 1024, STACK = 128 * 1024 };

static pthread_barrier_t step;
static size_t pairs;
static size_t held[THREADS];

static void *hold(void *arg) {
    size_t me = (size_t)arg;
    uint64_t state = seed(me);
    struct chain *blocks = NULL;
    volatile char stack[16 * 1024];
    for (size_t i = 0; i < sizeof stack; i += 1024)
        stack[i] = 1;

    pthread_barrier_wait(&step); /* all threads are there */
    pthread_barrier_wait(&step); /* the base is read */
    for (size_t i = 0; i < pairs; i++) {
        char *block = malloc(between(&state, 16, 1024));
        if (block == NULL)
            give_up("malloc");
        *(volatile char *)block = 1;
        free(block);
    }
    held[me] = chain_fill(&blocks, &state, 16, 1024, HELD);
    pthread_barrier_wait(&step); /* all hold their share */
    pthread_barrier_wait(&step); /* it is read */
    chain_free(&blocks);
    return NULL;
}

int main(int argc, char **argv) {
    static pthread_t threads[THREADS];
    pairs = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    pthread_barrier_init(&step, NULL, THREADS + 1);
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = start_thread(hold, (void *)i, STACK);
    pthread_barrier_wait(&step);
    double base = rss_mb();
    set_mark(BASE_READ);
    pthread_barrier_wait(&step);
    pthread_barrier_wait(&step);
    double full = rss_mb();
    settle();
    pthread_barrier_wait(&step);
    size_t all = 0;
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        all += held[i];
    }
    printf("{\"rss_mb\": %.2f, \"held_mb\": %.2f, \"pairs\": %zu}\n", full - base, (double)all / (double)MB, pairs);
    return 0;
}
