/* Pareto sizes with random lifetimes: a clock moves on by one with each allocation, and each block is freed
 * when its time has come. Most lives are short, some are very long. With two threads, one block in eight is
 * handed over and ends its life in the other thread. */
#include "bench.h"

enum { HOURS = 1 << 20 };

static struct link *inbox[MOST_THREADS];

static size_t next_life(uint64_t *random) { return pareto(random, 4096, HOURS - 1); }

static void lives(int index) {
    uint64_t random = seed((uint64_t)index);
    struct link **ends = zeroed(HOURS, sizeof *ends);
    for (size_t hour = 0, end = share(14000000); hour < end; hour++) {
        struct link *block = take(pareto(&random, 16, 64 * KB));
        if (threads > 1 && hour % 8 == 0)
            put_into(&inbox[(index + 1) % threads], block);
        else
            chain_push(&ends[(hour + next_life(&random)) % HOURS], block);
        if (threads > 1 && hour % 512 == 0) {
            for (struct link *got = empty_box(&inbox[index]), *next; got != NULL; got = next) {
                next = got->next;
                chain_push(&ends[(hour + next_life(&random)) % HOURS], got);
            }
        }
        chain_drop(&ends[hour % HOURS]);
    }
    for (size_t hour = 0; hour < HOURS; hour++)
        chain_drop(&ends[hour]);
    free(ends);
}

int main(int argc, char **argv) {
    read_arguments(argc, argv, NULL);
    run_crew(threads, lives);
    for (int i = 0; i < threads; i++)
        chain_drop(&inbox[i]);
    return 0;
}
