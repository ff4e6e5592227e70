/* A program that replaces large blocks all the time comes to find their memory where it left it, also where it has asked for
 * more to be kept than usual. */
/* needs: pigalloc */
/* cases: usual more_kept */
#include "faults.h"
#include <malloc.h>

enum { SLOTS = 20, STEPS = 1500, PAGE = 16 * KIB };

static unsigned char *blocks[SLOTS];

/* Random ones of 1 to 16 MiB are replaced, of which one page in four is written. */
static void replace(unsigned long *state)
{
    for (int i = 0; i < STEPS; i++) {
        size_t slot = next_random(state) % SLOTS, size = MIB + next_random(state) % (15 * MIB);
        free(blocks[slot]);
        blocks[slot] = malloc(size);
        CHECK(blocks[slot] != NULL);
        for (size_t at = 0; at < size; at += PAGE)
            blocks[slot][at] = 1;
    }
}

int main(int argc, char **argv)
{
    need_huge_pages(6, 1);
    CHECK(argc > 1);
    if (strcmp(argv[1], "more_kept") == 0)
        CHECK(mallopt(M_TRIM_THRESHOLD, 40 * MIB) == 1);
    unsigned long state = 1;
    for (int warm = 0; warm < 2; warm++)
        replace(&state);
    long faults = page_faults();
    replace(&state);
    printf("%ld faults\n", page_faults() - faults);
    CHECK_AT_MOST(page_faults() - faults, STEPS / 10);
    return 0;
}
