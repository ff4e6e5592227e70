/* Large blocks of which a few pages are written, here and there: those pages alone become resident, they need not go
 * back each time a block is freed, and where the program goes on to fill such blocks all is as it should be. */
/* needs: pigalloc */
/* cases: thin more_kept then_filled zeros */
#include "stats.h"
#include <malloc.h>

enum { SLOTS = 20, STEPS = 3000, FILLED_STEPS = 100, ZEROED_STEPS = 400 };
/* The blocks that are live together have about 160 MiB. */
static const size_t RESIDENT_MOST = 110 * MIB;
/* They have 25 GB in all. */
static const size_t PURGED_MOST = 2 * GIB;

static unsigned char *blocks[SLOTS];
static size_t sizes[SLOTS];

static size_t resident(void)
{
    unsigned long all = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%lu %lu", &all, &pages) == 2);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static unsigned char mark_of(size_t slot, size_t size) { return (unsigned char)(slot + size % 251 + 1); }

static void write_few(size_t slot)
{
    unsigned char *block = blocks[slot], mark = mark_of(slot, sizes[slot]);
    block[0] = block[sizes[slot] / 2] = block[sizes[slot] - 1] = mark;
}

static void check_few(size_t slot)
{
    unsigned char *block = blocks[slot], mark = mark_of(slot, sizes[slot]);
    CHECK(block[0] == mark && block[sizes[slot] / 2] == mark && block[sizes[slot] - 1] == mark);
}

/* Replaces a random block by one of 1 to 16 MiB. */
static size_t replace(unsigned long *state, int is_zeroed)
{
    size_t slot = next_random(state) % SLOTS;
    if (blocks[slot] != NULL)
        check_few(slot);
    free(blocks[slot]);
    sizes[slot] = MIB + next_random(state) % (15 * MIB);
    blocks[slot] = is_zeroed ? calloc(1, sizes[slot]) : malloc(sizes[slot]);
    CHECK(blocks[slot] != NULL);
    if (is_zeroed)
        for (size_t at = 0; at < sizes[slot]; at += 128 * KIB + 64)
            CHECK(blocks[slot][at] == 0);
    return slot;
}

/* Blocks that are written with zeros alone look as if they had not been written at all. */
static void write_zeros(unsigned long *state)
{
    for (int step = 0; step < ZEROED_STEPS; step++) {
        size_t slot = next_random(state) % SLOTS;
        free(blocks[slot]);
        sizes[slot] = MIB + next_random(state) % (8 * MIB);
        blocks[slot] = malloc(sizes[slot]);
        CHECK(blocks[slot] != NULL);
        memset(blocks[slot], 0, sizes[slot]);
    }
    for (size_t slot = 0; slot < SLOTS; slot++)
        free(blocks[slot]);
    /* Freed, and the program goes to sleep. */
    CHECK_AT_MOST(resident(), 40 * MIB);
}

int main(int argc, char **argv)
{
    CHECK(argc > 1);
    unsigned long state = 1;
    size_t most = 0;
    if (strcmp(argv[1], "zeros") == 0) {
        write_zeros(&state);
        return 0;
    }
    /* Who asks for more than usual to be kept gets no less. */
    if (strcmp(argv[1], "more_kept") == 0)
        CHECK(mallopt(M_TRIM_THRESHOLD, 33 * MIB) == 1);
    for (int step = 0; step < STEPS; step++) {
        write_few(replace(&state, step % 8 == 7));
        if (step % 16 == 0 && resident() > most)
            most = resident();
    }
    if (strcmp(argv[1], "then_filled") != 0) {
        CHECK_AT_MOST(most, RESIDENT_MOST);
        CHECK_AT_MOST(all_stats().purged_bytes, PURGED_MOST);
        return 0;
    }
    for (int step = 0; step < FILLED_STEPS; step++) {
        size_t slot = replace(&state, 0);
        memset(blocks[slot], mark_of(slot, sizes[slot]), sizes[slot]);
    }
    for (size_t slot = 0; slot < SLOTS; slot++) {
        check_few(slot);
        free(blocks[slot]);
    }
    /* Nothing is free and resident that pigalloc does not know of. */
    pig_purge();
    CHECK_AT_MOST(resident(), 16 * MIB);
    return 0;
}
