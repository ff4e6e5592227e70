/* Aligned blocks of mixed sizes in random slots: mostly a cache line (vectors, structures for several
 * threads), sometimes a page (input and output), among blocks without a wish. */
#include "bench.h"

enum { SLOTS = 2000 };

static void *take_aligned(size_t alignment, size_t size) {
    void *block = NULL;
    errno = posix_memalign(&block, alignment, size);
    if (errno != 0)
        give_up("posix_memalign");
    if ((uintptr_t)block % alignment != 0)
        fail("not aligned", block);
    return stamp(block, size);
}

static void *next(uint64_t *random) {
    size_t dice = below(random, 100);
    if (dice < 20)
        return take(pareto(random, 16, 4 * KB));
    if (dice < 70)
        return take_aligned(CACHE_LINE, pareto(random, 32, 4 * KB));
    if (dice < 95)
        return take_aligned((size_t)32 << below(random, 5), pareto(random, 32, 8 * KB));
    return take_aligned(4 * KB, pareto(random, 512, 64 * KB));
}

static void blocks(int index) { replace_at_random(index, SLOTS, share(9000000), next); }

int main(int argc, char **argv) {
    read_arguments(argc, argv, NULL);
    run_crew(threads, blocks);
    return 0;
}
