/* Resident memory after malloc_trim(0) when one block of each 1,000 is kept of 1 GB of blocks of 16 to
 * 1,024 bytes. No allocator can move blocks: a page for each kept one is the least (`least_mb`). */
#include "figure.h"

int main(void) {
    struct chain *kept = NULL, *rest = NULL;
    uint64_t state = seed(5);
    double base = rss_mb();
    set_mark(BASE_READ);
    size_t made = 0, pages = 0;
    for (size_t i = 0; made < GB; i++) {
        size_t n = between(&state, 16, 1024);
        bool keep = i % 1000 == 0;
        chain_push(keep ? &kept : &rest, take(n), n);
        pages += keep;
        made += n;
    }
    chain_free(&rest);
    double freed = rss_mb() - base;
    settle();
    malloc_trim(0);
    double trimmed = rss_mb() - base;
    printf("{\"trimmed_mb\": %.1f, \"freed_mb\": %.1f, \"least_mb\": %.1f}\n", trimmed, freed,
           (double)(pages * 4 * KB) / (double)MB);
    chain_free(&kept);
    return 0;
}
