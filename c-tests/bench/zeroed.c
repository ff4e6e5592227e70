/* Zeroed memory: blocks of mixed sizes from calloc in random slots, one in a hundred from 64 KiB to 1 MiB,
 * read to be sure that they are zero and then partly written, as tables and arrays are. */
#include "bench.h"

enum { SLOTS = 2000 };

static size_t next_size(uint64_t *random) {
    return below(random, 100) == 0 ? pareto(random, 64 * KB, 1 * MB) : pareto(random, 32, 16 * KB);
}

/* Looks at one word of each cache line of a small block, of each page of a large one. */
static void is_zero(const void *block, size_t size) {
    const uint64_t *words = block;
    size_t step = size <= 4 * KB ? CACHE_LINE / 8 : 4 * KB / 8;
    for (size_t at = 0; at < size / 8; at += step)
        if (words[at] != 0)
            fail("not zero", block);
}

static void *take_zeroed(uint64_t *random) {
    size_t size = next_size(random);
    void *block = calloc(1, size);
    if (block == NULL)
        give_up("calloc");
    is_zero(block, size);
    return stamp(block, size);
}

static void tables(int index) { replace_at_random(index, SLOTS, share(3000000), take_zeroed); }

int main(int argc, char **argv) {
    read_arguments(argc, argv, NULL);
    run_crew(threads, tables);
    return 0;
}
