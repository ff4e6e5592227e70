/* Resident memory after 2 GB of blocks of 16 to 1,024 bytes were freed: after two idle seconds, after
 * 20,000 more operations (a random one of 1,000 small blocks is replaced), after malloc_trim(0). */
#include "figure.h"

enum { SLOTS = 1000 };

static void *slots[SLOTS];

int main(void) {
    struct chain *blocks = NULL;
    uint64_t state = seed(3);
    double base = rss_mb();
    chain_fill(&blocks, &state, 16, 1024, 2 * GB);
    double full = rss_mb() - base;
    chain_free(&blocks);
    double freed = rss_mb() - base;
    pause_for(2);
    double idle = rss_mb() - base;
    for (int i = 0; i < 20000; i++) {
        size_t at = between(&state, 0, SLOTS - 1);
        free(slots[at]);
        slots[at] = take(between(&state, 16, 1024));
    }
    double used = rss_mb() - base;
    double begin = now();
    malloc_trim(0);
    double seconds = now() - begin;
    printf("{\"full_mb\": %.0f, \"freed_mb\": %.0f, \"idle_mb\": %.0f, \"used_mb\": %.0f, \"trimmed_mb\": %.1f, "
           "\"trim_seconds\": %.3f}\n",
           full, freed, idle, used, rss_mb() - base, seconds);
    return 0;
}
