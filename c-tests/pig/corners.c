/* Buffers and stacks of which only a page is used cost little more than that page, also where nothing has been freed
 * that would tell. */
/* needs: pigalloc */
/* cases: alone beside_others */
#include "faults.h"

enum { MOST = 1000, OTHERS = 40000, OTHER_SIZE = 500 };

static char *keep_corners(size_t count, size_t size)
{
    static char *blocks[MOST];
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
        blocks[i][i % 2 && size < 4 * MIB ? size - 1 : 0] = 1;
    }
    return blocks[0];
}

static size_t grown_by(size_t count, size_t size)
{
    size_t before = resident_kib();
    CHECK(keep_corners(count, size) != NULL);
    return resident_kib() - before;
}

int main(int argc, char **argv)
{
    need_huge_pages(5, 14);
    if (argc > 1 && strcmp(argv[1], "beside_others") == 0)
        for (int i = 0; i < OTHERS; i++)
            memset(hide(malloc(OTHER_SIZE)), 1, OTHER_SIZE);
    /* Of the sizes of stacks a part of what else there is, 20 MB; of others 16 MiB, to begin with. */
    CHECK_AT_MOST(grown_by(MOST, 100 * KIB), 6 * KIB + 4 * MOST * 2);
    CHECK_AT_MOST(grown_by(MOST, 600 * KIB), 18 * KIB + 4 * MOST * 2);
    CHECK_AT_MOST(grown_by(MOST / 5, 7 * MIB), 22 * KIB + 4 * MOST * 2 / 5);
    return 0;
}
