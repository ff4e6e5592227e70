/* What pig_stats_get says. */
#ifndef PIG_STATS_H
#define PIG_STATS_H

#include "test.h"
#include <pigalloc.h>

static inline pig_stats_t all_stats(void)
{
    pig_stats_t stats;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    CHECK(pig_stats_get(&stats) == 0);
    return stats;
}

static inline size_t live_blocks(void) { return all_stats().live_blocks; }

/* Works with small blocks, for ticks, until an amount is at most that, or for so many looks. */
static inline void work_until(size_t (*amount)(void), size_t most, int looks)
{
    static void *small[2000];
    for (; looks > 0 && amount() > most; looks--) {
        for (size_t i = 0; i < sizeof small / sizeof *small; i++)
            CHECK((small[i] = malloc(100)) != NULL);
        for (size_t i = 0; i < sizeof small / sizeof *small; i++)
            free(hide(small[i]));
        sleep_ms(1);
    }
}

#endif
