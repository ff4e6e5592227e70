/* Zeroed blocks that are read before they are written cost two faults a page; where the blocks of a program are usually
 * filled their pages come at once, and where they are not, or only others were, what is not touched stays away. */
/* needs: pigalloc */
/* cases: filled sparse others */
/* env: PIGALLOC_HUGE=never */
#include "faults.h"
#include <pigalloc.h>

enum { N = 60, SIZE = 300 * 1000, PAGE = 4096 };

static unsigned char *blocks[N];

/* Reads a byte of each page, then writes all of the block, or the first page alone: records that begin with zero. */
static void use(unsigned char *block, bool fill)
{
    enum { RECORD = 256 };
    for (size_t at = 0; at < SIZE; at += PAGE)
        CHECK(block[at] == 0);
    for (size_t at = 0; at + RECORD <= (fill ? SIZE : PAGE); at += RECORD)
        memset(block + at + 16, 1, RECORD - 16);
}

static void take_all(bool fill)
{
    for (int i = 0; i < N; i++) {
        blocks[i] = calloc(1, SIZE);
        CHECK(blocks[i] != NULL);
        use(blocks[i], fill);
    }
}

/* Full blocks that nobody asked to be zero. */
static void use_others(void)
{
    for (int i = 0; i < 20; i++) {
        unsigned char *block = malloc(SIZE);
        CHECK(block != NULL);
        memset(block, 1, SIZE);
        free(block);
    }
    pig_purge();
}

static void drop_all(void)
{
    for (int i = 0; i < N; i++)
        free(blocks[i]);
    pig_purge();
}

int main(int argc, char **argv)
{
    need_huge_pages(5, 14);
    bool fill = argc > 1 && strcmp(argv[1], "filled") == 0;
    if (argc > 1 && strcmp(argv[1], "others") == 0) {
        use_others();
    } else {
        take_all(fill);
        drop_all();
    }
    size_t before = resident_kib();
    long faults = page_faults();
    take_all(fill);
    if (fill)
        CHECK_AT_MOST(page_faults() - faults, (size_t)N * SIZE / PAGE * 3 / 2);
    else
        CHECK_AT_MOST(resident_kib(), before + 5 * KIB);
    drop_all();
    return 0;
}
