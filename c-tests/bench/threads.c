/* Many threads.
 *
 * short: thread after thread makes a few allocations, frees most of them and ends; the last block is freed
 * by the main thread; THREADS of them are alive at a time. live: 2,000 threads are alive together; each holds
 * 20 KB and replaces a part of it each time that all of them are woken. */
#include "bench.h"

enum { SHORT = 30000, FEW = 10, LIVE = 2000, HELD = 40, TURNS = 60, REPLACED = 15 };
enum mode { MANY, ALIVE };

static pthread_barrier_t turn;

static void *few(void *argument) {
    uint64_t random = seed((uint64_t)(uintptr_t)argument);
    void *blocks[FEW];
    for (int i = 0; i < FEW; i++)
        blocks[i] = take(between(&random, 16, 2000));
    for (int i = 1; i < FEW; i++)
        drop(blocks[i]);
    return blocks[0];
}

static void short_threads(void) {
    pthread_t running[MOST_THREADS];
    for (size_t i = 0; i < work(SHORT) + (size_t)threads; i++) {
        pthread_t *slot = &running[i % (size_t)threads];
        if (i >= (size_t)threads) {
            void *left;
            pthread_join(*slot, &left);
            drop(left);
        }
        if (i < work(SHORT))
            *slot = start_thread(few, (void *)(uintptr_t)i, STACK, false);
    }
}

static void *hold(void *argument) {
    uint64_t random = seed((uint64_t)(uintptr_t)argument);
    void *held[HELD];
    for (int i = 0; i < HELD; i++)
        held[i] = take(between(&random, 16, 1000));
    for (size_t time = 0, end = work(TURNS); time < end; time++) {
        pthread_barrier_wait(&turn);
        for (int i = 0; i < REPLACED; i++) {
            void **slot = &held[below(&random, HELD)];
            drop(*slot);
            *slot = take(between(&random, 16, 1000));
        }
    }
    for (int i = 0; i < HELD; i++)
        drop(held[i]);
    return NULL;
}

static void live_threads(void) {
    pthread_t *running = zeroed(LIVE, sizeof *running);
    pthread_barrier_init(&turn, NULL, LIVE);
    for (int i = 0; i < LIVE; i++)
        running[i] = start_thread(hold, (void *)(uintptr_t)i, STACK, false);
    for (int i = 0; i < LIVE; i++)
        pthread_join(running[i], NULL);
    free(running);
}

int main(int argc, char **argv) {
    if (read_arguments(argc, argv, "short|live") == MANY)
        short_threads();
    else
        live_threads();
    return 0;
}
