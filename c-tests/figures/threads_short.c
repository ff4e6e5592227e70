/* Seconds for 10,000 threads, each joined before the next one starts, each with 20 allocations of 16 to
 * 2,048 bytes. */
#include "figure.h"

enum { THREADS = 10000, BLOCKS = 20 };

static void *work(void *arg) {
    uint64_t state = seed((size_t)arg);
    char *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        size_t n = between(&state, 16, 2048);
        blocks[i] = malloc(n);
        if (blocks[i] == NULL)
            give_up("malloc");
        blocks[i][0] = blocks[i][n - 1] = 1;
    }
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return NULL;
}

int main(void) {
    double base = rss_mb();
    double begin = now();
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(start_thread(work, (void *)i, 128 * KB), NULL);
    double seconds = now() - begin;
    printf("{\"seconds\": %.4f, \"rss_growth_mb\": %.2f}\n", seconds, rss_mb() - base);
    return 0;
}
