/* Phases with thread turnover, after mimalloc's mstress: each phase has new threads, which allocate blocks,
 * drop some of their own at random, keep some until they end, and exchange some with other threads through
 * shared places. What lies in these places at the end of a phase survives it. */
#include "bench.h"

enum { PLACES = 4000, STEPS = 12000, PHASES = 1600, MOST_HELD = 3000 };

static void *places[PLACES];
static size_t phase;

/* Mostly small, now and then a few hundred kilobytes. */
static size_t next_size(uint64_t *random) {
    return below(random, 10000) == 0 ? between(random, 100 * KB, 400 * KB) : pareto(random, 16, 32 * KB);
}

static void steps(int index) {
    uint64_t random = seed(phase * MOST_THREADS + (uint64_t)index);
    void **held = zeroed(MOST_HELD, sizeof *held);
    size_t count = 0;
    struct link *kept = NULL;
    for (int step = 0; step < STEPS; step++) {
        size_t dice = below(&random, 100);
        if (dice < 50 || count == 0) {
            if (count == MOST_HELD)
                drop(held[--count]);
            held[count++] = take(next_size(&random));
        } else if (dice < 60) {
            chain_push(&kept, take(next_size(&random)));
        } else if (dice < 85) {
            size_t which = below(&random, count);
            drop(held[which]);
            held[which] = held[--count];
        } else {
            size_t which = below(&random, count);
            void *got = exchange(&places[below(&random, PLACES)], held[which]);
            held[which] = got != NULL ? got : held[--count];
        }
    }
    while (count > 0)
        drop(held[--count]);
    chain_drop(&kept);
    free(held);
}

int main(int argc, char **argv) {
    read_arguments(argc, argv, NULL);
    for (size_t phases = share(PHASES); phase < phases; phase++) {
        run_crew(threads, steps);
        if (phase % 4 == 3)
            for (int i = 0; i < PLACES; i += 2) {
                drop(places[i]);
                places[i] = NULL;
            }
    }
    for (int i = 0; i < PLACES; i++)
        drop(places[i]);
    return 0;
}
