/* Bursts and idling: a small program works along on few blocks, now and then builds up 100 MiB, drops nearly
 * all of it and rests for a moment. */
#include "bench.h"

enum { SLOTS = 3000, BURSTS = 20, STEPS = 200000 };

static const size_t BURST = 100 * MB;
static const struct timespec REST = {.tv_nsec = 10000000};

static void work_along(uint64_t *random, void **held) {
    for (int step = 0; step < STEPS; step++) {
        void **slot = &held[below(random, SLOTS)];
        drop(*slot);
        *slot = take(pareto(random, 16, 4 * KB));
    }
}

/* One block in a thousand stays and takes the place of another one. */
static void burst(uint64_t *random, void **held) {
    struct link *blocks = NULL;
    for (size_t made = 0, number = 0; made < BURST; number++) {
        size_t size = pareto(random, 48, 128 * KB);
        void *block = take(size);
        made += size;
        if (number % 1000 != 0) {
            chain_push(&blocks, block);
            continue;
        }
        void **slot = &held[below(random, SLOTS)];
        drop(*slot);
        *slot = block;
    }
    chain_drop(&blocks);
}

int main(int argc, char **argv) {
    read_arguments(argc, argv, NULL);
    uint64_t random = seed(11);
    void **held = zeroed(SLOTS, sizeof *held);
    for (size_t time = 0, end = work(BURSTS); time < end; time++) {
        work_along(&random, held);
        burst(&random, held);
        nanosleep(&REST, NULL);
    }
    for (int i = 0; i < SLOTS; i++)
        drop(held[i]);
    free(held);
    return 0;
}
