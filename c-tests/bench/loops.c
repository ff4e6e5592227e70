/* Plain loops, after the benchmarks that come with glibc.
 *
 * one: a number of blocks of one size is allocated, then freed, for several sizes and numbers;
 * mixed: blocks of Pareto sizes from 16 bytes to 32 KiB replaced in random slots;
 * buffers: the same from 4 to 512 KiB, as programs use for input and output. */
#include "bench.h"

enum { MOST = 1600, SLOTS = 1024, BUFFERS = 200 };
enum mode { ONE, MIXED, BUFFER };

static enum mode mode;

static void one_size(size_t size, int count, size_t blocks) {
    void *held[MOST];
    for (size_t made = 0; made < blocks; made += (size_t)count) {
        for (int i = 0; i < count; i++)
            held[i] = take(size);
        for (int i = 0; i < count; i++)
            drop(held[i]);
    }
}

static void one(void) {
    static const size_t SIZES[] = {16, 32, 48, 64, 128, 256, 512, 1024};
    static const int COUNTS[] = {1, 10, 100, 400, MOST};
    for (size_t size = 0; size < sizeof SIZES / sizeof *SIZES; size++)
        for (size_t count = 0; count < sizeof COUNTS / sizeof *COUNTS; count++)
            one_size(SIZES[size], COUNTS[count], share(1100000));
}

static void slots(uint64_t random, int count, size_t low, size_t most, size_t steps) {
    void *held[SLOTS] = {NULL};
    for (size_t step = 0; step < steps; step++) {
        void **slot = &held[below(&random, (size_t)count)];
        drop(*slot);
        *slot = take(pareto(&random, low, most));
    }
    for (int i = 0; i < count; i++)
        drop(held[i]);
}

static void loop(int index) {
    uint64_t random = seed((uint64_t)index);
    if (mode == ONE)
        one();
    else if (mode == MIXED)
        slots(random, SLOTS, 16, 32 * KB, share(40000000));
    else
        slots(random, BUFFERS, 4 * KB, 512 * KB, share(900000));
}

int main(int argc, char **argv) {
    mode = (enum mode)read_arguments(argc, argv, "one|mixed|buffers");
    run_crew(threads, loop);
    return 0;
}
