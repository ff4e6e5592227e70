/* Resident memory over live memory while the sizes of a program drift.
 *
 * drift LIVE_MB: about LIVE_MB stay live. From phase to phase the sizes change; in each phase random blocks
 * are replaced until three times the live memory has been allocated, so that about one block in twenty
 * survives a phase and holds what lies around it. `ratio` is the largest one at the end of a phase, `last`
 * the one at the very end. */
#include "figure.h"

static const size_t PHASES[][2] = {{64, 192},    {160, 480},  {400, 1200}, {1000, 3000},
                                   {3000, 8000}, {300, 1000}, {96, 320},   {48, 160}};
enum { COUNT = sizeof PHASES / sizeof PHASES[0] };

/* A live block keeps its own size, so that the table of blocks needs no more than a pointer for each. */
struct block {
    size_t size;
};

static struct block **blocks;
static size_t count, live;

static void drop(size_t index) {
    live -= blocks[index]->size;
    give(blocks[index], blocks[index]->size);
    blocks[index] = blocks[--count];
}

int main(int argc, char **argv) {
    size_t target = (argc > 1 ? strtoul(argv[1], NULL, 10) : 100) * MB;
    size_t most = target / 80;
    blocks = array_outside(most * sizeof *blocks);
    double base = rss_mb(), worst = 0, last = 0;
    uint64_t state = seed(7);
    set_mark(BASE_READ);
    for (int phase = 0; phase < COUNT; phase++) {
        for (size_t made = 0; made < 3 * target;) {
            size_t n = between(&state, PHASES[phase][0], PHASES[phase][1]);
            while (count == most || live + n > target)
                drop(between(&state, 0, count - 1));
            struct block *block = take(n);
            block->size = n;
            blocks[count++] = block;
            live += n;
            made += n;
        }
        last = (rss_mb() - base) / ((double)live / (double)MB);
        if (last > worst)
            worst = last;
    }
    settle();
    printf("{\"ratio\": %.2f, \"last\": %.2f, \"live_mb\": %.1f, \"peak_mb\": %.1f}\n", worst, last,
           (double)live / (double)MB, peak_mb());
    return 0;
}
