/* Blocks of several MiB: twenty are live, random ones are replaced. One page in four is written, as with
 * images and matrices that are cut out of something larger. */
#include "bench.h"

enum { SLOTS = 20 };

static void *take_large(size_t size) {
    unsigned char *block = malloc(size);
    if (block == NULL)
        give_up("malloc");
    for (size_t at = 0; at < size; at += 16 * KB)
        block[at] = (unsigned char)(at >> 14);
    return block;
}

static void drop_large(unsigned char *block, size_t size) {
    for (size_t at = 0; at < size; at += 1 * MB)
        if (block[at] != (unsigned char)(at >> 14))
            fail("block changed", block);
    free(block);
}

static void blocks(int index) {
    uint64_t random = seed((uint64_t)index);
    void *held[SLOTS];
    size_t sizes[SLOTS] = {0};
    for (size_t step = 0, end = share(7000); step < end; step++) {
        size_t slot = below(&random, SLOTS);
        if (sizes[slot] != 0)
            drop_large(held[slot], sizes[slot]);
        sizes[slot] = between(&random, 1 * MB, 16 * MB);
        held[slot] = take_large(sizes[slot]);
    }
    for (int i = 0; i < SLOTS; i++)
        if (sizes[i] != 0)
            drop_large(held[i], sizes[i]);
}

int main(int argc, char **argv) {
    read_arguments(argc, argv, NULL);
    run_crew(threads, blocks);
    return 0;
}
