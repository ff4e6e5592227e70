/* A program that replaces large blocks all the time comes to find their memory where it left it, also where it has asked
 * for more to be kept than usual, or for small pages. */
/* needs: pigalloc */
/* cases: usual more_kept small_pages */
#include "faults.h"
#include <malloc.h>
#include <pigalloc.h>
#include <sys/prctl.h>

enum { SLOTS = 20, STEPS = 1500, PAGE = 16 * KIB };

static unsigned char *blocks[SLOTS];

/* Random ones of 1 to 16 MiB are replaced, of which one page in four is written; how many pages that are. */
static size_t replace(unsigned long *state)
{
    size_t pages = 0;
    for (int i = 0; i < STEPS; i++) {
        size_t slot = next_random(state) % SLOTS, size = MIB + next_random(state) % (15 * MIB);
        free(blocks[slot]);
        blocks[slot] = malloc(size);
        CHECK(blocks[slot] != NULL);
        for (size_t at = 0; at < size; at += PAGE, pages++)
            blocks[slot][at] = 1;
    }
    return pages;
}

int main(int argc, char **argv)
{
    CHECK(argc > 1);
    bool is_small = strcmp(argv[1], "small_pages") == 0;
    if (!is_small) {
        need_huge_pages(6, 1);
    } else if (getenv("PIGALLOC_HUGE") == NULL) {
        /* Some systems give huge pages to who has not asked for any. */
        CHECK(setenv("PIGALLOC_HUGE", "never", 1) == 0 && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0);
        execv("/proc/self/exe", argv);
        return 1;
    }
    if (strcmp(argv[1], "more_kept") == 0)
        CHECK(mallopt(M_TRIM_THRESHOLD, 40 * MIB) == 1);
    /* On a busy machine a tick may come in between. */
    CHECK(pig_option_set("DECAY_MS", 60000) == 0);
    unsigned long state = 1;
    replace(&state);
    long faults = page_faults();
    size_t pages = replace(&state);
    CHECK_AT_MOST(page_faults() - faults, is_small ? pages / 20 : STEPS / 10);
    return 0;
}
