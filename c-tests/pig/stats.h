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

#endif
