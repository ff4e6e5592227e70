/* pig_stats_get counts live blocks and bytes, tells what a version knows by its size, and refuses a size
 * that is too small. */
/* needs: pigalloc */
#include "test.h"
#include <pigalloc.h>

static pig_stats_t now(void)
{
    pig_stats_t stats;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    CHECK(pig_stats_get(&stats) == 0);
    CHECK(stats.size == sizeof stats);
    return stats;
}

int main(void)
{
    enum { N = 10000 };
    static void *blocks[N];
    pig_stats_t before = now();
    size_t usable = 0;
    for (size_t i = 0; i < N; i++) {
        blocks[i] = malloc(i);
        CHECK(blocks[i] != NULL);
        usable += malloc_usable_size(blocks[i]);
    }
    void *large = malloc(300000), *huge = malloc(300 * MIB);
    usable += malloc_usable_size(large) + malloc_usable_size(huge);
    pig_stats_t during = now();
    CHECK(during.live_blocks == before.live_blocks + N + 2);
    CHECK(during.live_bytes == before.live_bytes + usable);
    CHECK(during.large_blocks == before.large_blocks + 1 && during.huge_blocks == before.huge_blocks + 1);
    CHECK(during.huge_bytes >= before.huge_bytes + 300 * MIB);
    CHECK(during.committed_bytes <= during.reserved_bytes && during.heaps >= during.heaps_idle);
    CHECK(during.metadata_bytes > 0 && during.metadata_bytes * 50 < during.live_bytes);
    for (size_t i = 0; i < N; i++)
        free(blocks[i]);
    free(large);
    free(huge);
    pig_stats_t after = now();
    CHECK(after.live_blocks == before.live_blocks && after.live_bytes == before.live_bytes);
    CHECK(pig_purge() > 0 && now().purged_bytes > after.purged_bytes);

    errno = 55;
    pig_stats_t small = {.size = sizeof(size_t)};
    CHECK(pig_stats_get(NULL) == EINVAL && pig_stats_get(&small) == EINVAL);
    struct {
        pig_stats_t known;
        unsigned char later[64];
    } newer;
    memset(&newer, 0xa5, sizeof newer);
    newer.known.size = sizeof newer;
    CHECK(pig_stats_get(&newer.known) == 0 && newer.known.size == sizeof(pig_stats_t));
    for (size_t i = 0; i < sizeof newer.later; i++)
        CHECK(newer.later[i] == 0xa5);
    CHECK(errno == 55);
    return 0;
}
