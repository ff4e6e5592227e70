/* False sharing, after Hoard's cache-thrash and cache-scratch: threads that write small blocks of their own
 * disturb each other when these blocks stand in one cache line.
 *
 * active: each thread allocates, writes and frees small blocks; does malloc give two threads parts of a line?
 * passive: the blocks of a round come from one thread, which gives one to each, so that at first they may
 * share lines; the threads free them and allocate anew. Do they get parts of these lines back? */
#include "bench.h"

enum { BLOCK = 16, HELD = 16, WRITES = 100, ROUNDS = 15000, TURNS = 30 };
enum mode { ACTIVE, PASSIVE };

static enum mode mode;
static void *given[MOST_THREADS];
static pthread_barrier_t round_begins, round_ends;

static void write_often(void *block) {
    volatile uint64_t *word = (volatile uint64_t *)block + 1;
    *word = 0;
    for (int i = 0; i < WRITES; i++)
        *word = *word + 1;
    if (*word != WRITES)
        fail("block changed", block);
}

/* Several live blocks in turn, so that a thread has neighbours of its own as well. */
static void turns(void) {
    void *held[HELD] = {NULL};
    for (int i = 0; i < TURNS * HELD; i++) {
        void **slot = &held[i % HELD];
        drop(*slot);
        *slot = take(BLOCK);
        write_often(*slot);
    }
    for (int i = 0; i < HELD; i++)
        drop(held[i]);
}

static void rounds(int index) {
    for (size_t round = 0, end = work(ROUNDS); round < end; round++) {
        if (mode == PASSIVE) {
            if (index == 0)
                for (int i = 0; i < threads; i++)
                    given[i] = take(BLOCK);
            pthread_barrier_wait(&round_begins);
            write_often(given[index]);
            drop(given[index]);
        }
        turns();
        if (mode == PASSIVE)
            pthread_barrier_wait(&round_ends);
    }
}

int main(int argc, char **argv) {
    mode = (enum mode)read_arguments(argc, argv, "active|passive");
    pthread_barrier_init(&round_begins, NULL, (unsigned)threads);
    pthread_barrier_init(&round_ends, NULL, (unsigned)threads);
    run_crew(threads, rounds);
    return 0;
}
