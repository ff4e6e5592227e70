/* Buffers and stacks of which only a page is used cost little more than that page, also where nothing has been freed
 * that would tell. */
/* needs: pigalloc */
/* cases: alone beside_others stale mappings free_memory tables ends */
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

/* What is found in a block that was used in a corner may be what another has left: it tells nothing of it. */
static void stale(void)
{
    char *block = malloc(3 * MIB);
    memset(hide(block), 1, 3 * MIB);
    free(block);
    for (int i = 0; i < 8; i++) {
        block = malloc(1200 * KIB);
        *(volatile char *)block = 1;
        free(block);
    }
    CHECK_AT_MOST(grown_by(MOST / 5, 1200 * KIB), 14 * KIB + 4 * MOST * 2 / 5);
}

/* Of 65,530 mappings the most are the program's. */
static void count_mappings(void)
{
    for (int i = 0; i < 20000; i++) {
        char *block = malloc(4 * MIB);
        CHECK(block != NULL);
        *(volatile char *)block = 1;
    }
    CHECK_AT_MOST(mappings(), 16000);
}

/* Buffers of which little is resident are no reason to keep other memory. */
static void free_memory(void)
{
    static char *filled[MOST];
    for (int i = 0; i < 40; i++)
        *(volatile char *)hide(malloc(8 * MIB)) = 1;
    size_t before = resident_kib();
    for (int i = 0; i < MOST; i++)
        filled[i] = memset(malloc(250 * KIB), 1, 250 * KIB);
    for (int i = 0; i < MOST; i++)
        free(filled[i]);
    CHECK_AT_MOST(resident_kib() - before, 70 * KIB);
}

/* Big zeroed tables with little in them, one after the other, are not written. */
static void tables(void)
{
    size_t before = resident_kib();
    for (int round = 0; round < 40; round++) {
        char *table = calloc(1, 200 * MIB);
        CHECK(table != NULL);
        for (size_t at = 0; at < 200 * MIB; at += 50 * MIB) {
            CHECK(table[at] == 0);
            table[at] = 1;
        }
        CHECK_AT_MOST(resident_kib() - before, 20 * KIB);
        free(table);
    }
}

/* Of a big block the first and the last page alone. */
static void ends(void)
{
    size_t before = resident_kib();
    for (int i = 0; i < 100; i++) {
        char *block = malloc(8 * MIB);
        CHECK(block != NULL);
        ((volatile char *)block)[0] = ((volatile char *)block)[8 * MIB - 1] = 1;
    }
    CHECK_AT_MOST(resident_kib() - before, 14 * KIB);
}

int main(int argc, char **argv)
{
    need_huge_pages(5, 14);
    CHECK(argc > 1);
    if (strcmp(argv[1], "stale") == 0)
        return stale(), 0;
    if (strcmp(argv[1], "mappings") == 0)
        return count_mappings(), 0;
    if (strcmp(argv[1], "tables") == 0)
        return tables(), 0;
    if (strcmp(argv[1], "ends") == 0)
        return ends(), 0;
    if (strcmp(argv[1], "free_memory") == 0)
        return free_memory(), 0;
    if (strcmp(argv[1], "beside_others") == 0)
        for (int i = 0; i < OTHERS; i++)
            memset(hide(malloc(OTHER_SIZE)), 1, OTHER_SIZE);
    /* Of the sizes of stacks a part of what else there is, 20 MB; of others 16 MiB, to begin with. */
    CHECK_AT_MOST(grown_by(MOST, 100 * KIB), 6 * KIB + 4 * MOST * 2);
    CHECK_AT_MOST(grown_by(MOST, 600 * KIB), 18 * KIB + 4 * MOST * 2);
    CHECK_AT_MOST(grown_by(MOST / 5, 7 * MIB), 22 * KIB + 4 * MOST * 2 / 5);
    return 0;
}
