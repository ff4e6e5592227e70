/* Resident memory over live memory after a burst.
 *
 * 400 MB of blocks of 16 to 2,048 bytes, then all are freed but each fortieth: 10 MB stay live. Then two
 * seconds of steady work, 100 steps every millisecond, as in a service after a peak of load.
 * burst fixed: each step allocates a block and frees it; what is live stays where it is.
 * burst moving: each step replaces a random live block. */
#include "figure.h"

/* A kept block, which knows its size. */
struct block {
    size_t size;
};

static const size_t BURST = 400 * MB;
enum { KEPT = 40, LOW = 16, HIGH = 2048 };

int main(int argc, char **argv) {
    bool moving = argc > 1 && strcmp(argv[1], "moving") == 0;
    size_t most = BURST / LOW / KEPT, count = 0, live = 0, made = 0;
    struct block **kept = array_outside(most * sizeof *kept);
    uint64_t state = seed(11);
    double base = rss_mb();
    set_mark(BASE_READ);
    struct chain *rest = NULL;
    for (size_t i = 0; made < BURST; i++) {
        size_t n = between(&state, LOW, HIGH);
        void *block = take(n);
        if (i % KEPT == 0 && count < most) {
            kept[count] = block;
            kept[count++]->size = n;
            live += n;
        } else {
            chain_push(&rest, block, n);
        }
        made += n;
    }
    double peak = rss_mb() - base;
    chain_free(&rest);
    double freed = rss_mb() - base;
    for (double end = now() + 2; now() < end; pause_for(0.001)) {
        for (int i = 0; i < 100; i++) {
            size_t at = between(&state, 0, count - 1);
            size_t n = between(&state, LOW, HIGH);
            struct block *block = take(n), *old = moving ? kept[at] : block;
            block->size = n;
            give(old, old->size);
            if (moving)
                kept[at] = block;
        }
    }
    double after = rss_mb() - base, live_mb = (double)live / (double)MB;
    settle();
    printf("{\"ratio\": %.1f, \"live_mb\": %.1f, \"peak_mb\": %.1f, \"freed_mb\": %.1f, \"after_mb\": %.1f}\n",
           after / live_mb, live_mb, peak, freed, after);
    return 0;
}
