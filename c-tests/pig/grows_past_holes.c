/* A heap of small blocks shrinks to one in each second page, in a process of two threads, and then grows by blocks for which
 * what is between is too short. While blocks come back its pages are not worth the calls, which interrupt both threads; but
 * before the heap takes more from the system they are, whenever it was that the last look has found none. */
/* needs: pigalloc */
/* cases: at_once late_tick */
#include "pig/beside.h"
#include <stdbool.h>

enum { SMALL = 64, LARGE = 9000, SMALL_BYTES = 96 * 1024 * 1024, LARGE_BYTES = SMALL_BYTES / 2, PAGE = 4096 };

/* With a tick when hardly any page is free yet. */
static void shrink_to_holes(bool ticks_late)
{
    static char *blocks[SMALL_BYTES / SMALL];
    unsigned long state = 11;
    for (size_t i = 0; i < COUNT(blocks); i++) {
        CHECK((blocks[i] = malloc(SMALL)) != NULL);
        memset(blocks[i], 1, SMALL);
    }
    for (size_t left = COUNT(blocks); left > 0; left--) {
        size_t which = next_random(&state) % left;
        if (ticks_late && left == COUNT(blocks) / 5)
            usleep(700 * 1000);
        if ((size_t)blocks[which] % (2 * PAGE) / SMALL != 1)
            free(blocks[which]);
        blocks[which] = blocks[left - 1];
    }
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    work_beside(only_earn_heap);
    shrink_to_holes(strcmp(argv[1], "late_tick") == 0);
    size_t before = resident_kib();
    for (size_t i = 0; i < LARGE_BYTES / LARGE; i++)
        touch(malloc(LARGE), LARGE);
    size_t after = resident_kib();
    printf("%zu KiB before, %zu KiB in the end\n", before, after);
    CHECK_AT_MOST(after * KIB, SMALL_BYTES / 2 + LARGE_BYTES + 24 * MIB);
    return 0;
}
