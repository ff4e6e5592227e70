/* 120 MB live through phases of different sizes never take more than 250 MB of resident memory. */
/* timeout: 120 */
#include "test.h"

enum { LIVE = 120000000, SLOTS = 1 << 18, PHASES = 6 };
static struct {
    void *block;
    size_t size;
} slots[SLOTS];

static size_t size_in(int phase, unsigned long *state)
{
    static const size_t middle[PHASES] = {600, 3000, 1200, 20000, 900, 6000};
    return middle[phase] / 2 + next_random(state) % middle[phase];
}

int main(void)
{
    unsigned long state = 2024;
    size_t live = 0, most = 0, next = 0, oldest = 0;
    for (int phase = 0; phase < PHASES; phase++)
        for (size_t churned = 0; churned < 2 * (size_t)LIVE;) {
            size_t size = size_in(phase, &state);
            while (live + size > LIVE) {
                free(slots[oldest % SLOTS].block);
                live -= slots[oldest++ % SLOTS].size;
            }
            slots[next % SLOTS].block = malloc(size);
            CHECK(slots[next % SLOTS].block != NULL && next - oldest < SLOTS);
            touch(slots[next % SLOTS].block, size);
            slots[next++ % SLOTS].size = size;
            live += size;
            churned += size;
            if (next % 1024 == 0) {
                size_t now = resident_kib();
                most = now > most ? now : most;
            }
        }
    CHECK_AT_MOST(most, 250000000 / KIB);
    return 0;
}
