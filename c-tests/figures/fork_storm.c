/* Peak resident memory when 8 threads fork at the same time, 30 times each, while all of them allocate.
 *
 * Each thread holds 1 MB; its child frees that, allocates as much of other sizes, frees it and exits. The
 * figure is the peak of the parent or of a child, whichever is more. */
#include "figure.h"

enum { THREADS = 8, FORKS = 30, HELD = 1024 * 1024 };

static int failed;

static void *storm(void *arg) {
    uint64_t state = seed((size_t)arg);
    struct chain *blocks = NULL;
    for (int i = 0; i < FORKS; i++) {
        chain_fill(&blocks, &state, 16, 1024, HELD);
        pid_t child = fork();
        if (child == 0) {
            struct chain *others = NULL;
            chain_free(&blocks);
            chain_fill(&others, &state, 64, 4096, HELD);
            chain_free(&others);
            _exit(0);
        }
        int status = 0;
        for (int n = 0; n < 200; n++)
            free(take(between(&state, 16, 4096)));
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            __atomic_fetch_add(&failed, 1, __ATOMIC_RELAXED);
        chain_free(&blocks);
    }
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    double begin = now();
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = start_thread(storm, (void *)i, 256 * KB);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    double seconds = now() - begin;
    struct rusage children;
    getrusage(RUSAGE_CHILDREN, &children);
    double parent = peak_mb(), child = (double)children.ru_maxrss / 1024;
    printf("{\"peak_mb\": %.1f, \"parent_mb\": %.1f, \"child_mb\": %.1f, \"seconds\": %.3f, \"failed\": %d}\n",
           parent > child ? parent : child, parent, child, seconds, failed);
    return failed != 0;
}
