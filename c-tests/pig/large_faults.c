/* Large blocks of which a byte of each page is written, or that are filled only after many others were taken, come by
 * huge pages. */
/* needs: pigalloc */
/* cases: replaced filled_late shrunk_first */
#include "faults.h"
#include <pigalloc.h>

enum { SLOTS = 20, STEPS = 100, PAGE = 4096, LATE = 64, ROUNDS = 3 };
static const size_t LATE_SIZE = 512 * KIB;

/* Twenty live blocks of 1 to 16 MiB, random ones replaced. */
static void replaced(void)
{
    static unsigned char *blocks[SLOTS];
    unsigned long state = 1;
    size_t pages = 0;
    /* On a busy machine a tick may come in between. */
    CHECK(pig_option_set("DECAY_MS", 60000) == 0);
    long faults = page_faults();
    for (int i = 0; i < STEPS; i++) {
        size_t slot = next_random(&state) % SLOTS, size = MIB + next_random(&state) % (15 * MIB);
        free(blocks[slot]);
        blocks[slot] = malloc(size);
        CHECK(blocks[slot] != NULL);
        touch(blocks[slot], size);
        pages += size / PAGE;
    }
    CHECK_AT_MOST(page_faults() - faults, pages / 20);
}

/* Blocks that are all taken before any is filled, in memory that went back and is needed again. */
static void filled_late(int gives_back)
{
    static unsigned char *blocks[LATE];
    for (int round = 0; round < ROUNDS; round++) {
        long faults = page_faults();
        for (int i = 0; i < LATE; i++) {
            blocks[i] = malloc(LATE_SIZE);
            CHECK(blocks[i] != NULL);
        }
        for (int i = 0; i < LATE; i++)
            memset(blocks[i], i + 1, LATE_SIZE);
        /* The first time nothing is known of such blocks. */
        if (round > 0)
            CHECK_AT_MOST(page_faults() - faults, LATE * LATE_SIZE / PAGE / 8);
        for (int i = 0; i < LATE; i++) {
            CHECK(blocks[i][0] == i + 1 && blocks[i][LATE_SIZE - 1] == i + 1);
            free(blocks[i]);
        }
        if (gives_back)
            pig_purge();
    }
}

int main(int argc, char **argv)
{
    need_huge_pages(6, 1);
    CHECK(argc > 1);
    if (strcmp(argv[1], "replaced") == 0)
        replaced();
    else
        filled_late(strcmp(argv[1], "shrunk_first") == 0);
    return 0;
}
