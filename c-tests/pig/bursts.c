/* A program that builds up the same amount again and again, of which a little stays, has it on huge pages in the end, and
 * soon without a fault. */
/* needs: pigalloc */
#include "faults.h"

enum { SLOTS = 2000, MOST = 1 << 20, BURSTS = 16, LEARNT = 8, BURST = 64 * MIB };

static void *blocks[MOST], *held[SLOTS];
static unsigned long state = 3;

/* Twice the size is half as likely. */
static size_t any_size(void)
{
    size_t size = 48;
    while (size < 4 * KIB && next_random(&state) % 2)
        size *= 2;
    return size + next_random(&state) % size;
}

/* Returns the memory on huge pages when all of it is there. */
static size_t burst(void)
{
    size_t count = 0;
    for (size_t made = 0; made < BURST; made += malloc_usable_size(blocks[count - 1])) {
        size_t size = any_size();
        CHECK(count < MOST && (blocks[count] = malloc(size)) != NULL);
        memset(blocks[count++], 1, size);
    }
    size_t huge = kib_on_huge_pages() * KIB;
    while (count > 0) {
        count--;
        if (count % 1000 != 0) {
            free(blocks[count]);
            continue;
        }
        void **slot = &held[next_random(&state) % SLOTS];
        free(*slot);
        *slot = blocks[count];
    }
    return huge;
}

int main(void)
{
    need_huge_pages(6, 1);
    size_t huge[BURSTS];
    size_t faults[BURSTS];
    for (int time = 0; time < BURSTS; time++) {
        long before = page_faults();
        huge[time] = burst();
        faults[time] = (size_t)(page_faults() - before);
        printf("%.1f MiB on huge pages, %zu faults\n", (double)huge[time] / MIB, faults[time]);
    }
    /* Of a burst that the machine stretches over several ticks some goes back: it counts what most of them have. */
    int dense = 0, quiet = 0;
    for (int time = LEARNT; time < BURSTS; time++) {
        dense += huge[time] >= BURST / 2;
        quiet += faults[time] <= BURST / (4 * KIB) / 256;
    }
    CHECK(dense > (BURSTS - LEARNT) / 2);
    CHECK(quiet > (BURSTS - LEARNT) / 2);
    return 0;
}
