/* Does malloc_trim(0) return what idle threads have freed, and does mallinfo2 count?
 *
 * Four threads allocate 64 MB each of small blocks and free it, then stay, idle. malloc_trim(0) by the main
 * thread must bring resident memory below a fifth of that. mallinfo2 must see 64 MB (uordblks + hblkhd)
 * within 10 % while the main thread holds them, and less than 10 % of it after they were freed. */
#include "figure.h"

enum { THREADS = 4 };

static pthread_barrier_t step;

static void *fill_and_free(void *arg) {
    uint64_t state = seed((size_t)arg);
    struct chain *blocks = NULL;
    chain_fill(&blocks, &state, 16, 1024, 64 * MB);
    pthread_barrier_wait(&step);
    chain_free(&blocks);
    pthread_barrier_wait(&step);
    pthread_barrier_wait(&step);
    return NULL;
}

static double counted_mb(void) {
    struct mallinfo2 info = mallinfo2();
    return (double)(info.uordblks + info.hblkhd) / (double)MB;
}

int main(void) {
    pthread_t threads[THREADS];
    pthread_barrier_init(&step, NULL, THREADS + 1);
    double base = rss_mb();
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = start_thread(fill_and_free, (void *)i, 256 * KB);
    pthread_barrier_wait(&step);
    double full = rss_mb() - base;
    pthread_barrier_wait(&step);
    double freed = rss_mb() - base;
    double begin = now();
    int said = malloc_trim(0);
    double seconds = now() - begin;
    double trimmed = rss_mb() - base;
    pthread_barrier_wait(&step);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);

    struct chain *blocks = NULL;
    uint64_t state = seed(99);
    double before = counted_mb();
    double live = (double)chain_fill(&blocks, &state, 200, 4000, 64 * MB) / (double)MB;
    double held = counted_mb() - before;
    chain_free(&blocks);
    double after = counted_mb() - before;
    bool counts = held > live * 0.9 && held < live * 1.1 && after < live * 0.1;
    printf("{\"returns\": %d, \"counts\": %d, \"full_mb\": %.1f, \"freed_mb\": %.1f, \"trimmed_mb\": %.1f, "
           "\"said\": %d, \"seconds\": %.3f, \"mallinfo2_held_mb\": %.1f, \"mallinfo2_after_mb\": %.1f}\n",
           trimmed < full / 5, counts, full, freed, trimmed, said, seconds, held, after);
    return 0;
}
