/* Fragmentation: about 48 MiB stay live while the sizes of a program drift. In each phase random blocks are
 * replaced by blocks of other sizes until three times the live memory has been allocated; one block in
 * twenty survives a phase and holds what lies around it. */
#include "bench.h"

enum { MOST_HELD = 1 << 20 };

static const size_t PHASES[][2] = {{64, 192},    {160, 480},  {400, 1200}, {1000, 3000},
                                   {3000, 8000}, {300, 1000}, {96, 320},   {48, 160}};

static void **held;
static size_t count, live;

static void drop_any(uint64_t *random) {
    size_t which = below(random, count);
    live -= intact(held[which]);
    drop(held[which]);
    held[which] = held[--count];
}

static void drift(uint64_t *random, size_t low, size_t high, size_t target) {
    for (size_t made = 0; made < 3 * target;) {
        size_t size = between(random, low, high);
        while (count > 0 && (count == MOST_HELD || live + size > target))
            drop_any(random);
        held[count++] = take(size);
        live += size;
        made += size;
    }
}

int main(int argc, char **argv) {
    read_arguments(argc, argv, NULL);
    uint64_t random = seed(7);
    held = zeroed(MOST_HELD, sizeof *held);
    for (size_t phase = 0; phase < sizeof PHASES / sizeof *PHASES; phase++)
        drift(&random, PHASES[phase][0], PHASES[phase][1], work(48 * MB));
    while (count > 0)
        drop_any(&random);
    free(held);
    return 0;
}
