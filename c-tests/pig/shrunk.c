/* A program that has shrunk far below its peak is small at once, with blocks all over what it had; and where it
 * then takes and frees the same amount again and again, of sizes that take turns, it does not pay for that each time. */
/* needs: pigalloc */
/* cases: small swings turns deep */
#include "pig/faults.h"

enum { MOST = 100000, SIZES = 2048, KEPT = 40, SWINGS = 400, TURNS = 4, EACH = 3 * MIB };

static void *blocks[MOST], *some[MOST];

static size_t size_of(size_t i)
{
    return 16 + i * 7919 % (SIZES - 16);
}

static void *take(size_t size)
{
    void *block = malloc(size);
    CHECK(block != NULL);
    memset(hide(block), 1, size);
    return block;
}

/* 100 MB, of which one block in forty stays. */
static size_t grow_and_shrink(void)
{
    size_t live = 0;
    for (size_t i = 0; i < MOST; i++)
        blocks[i] = take(size_of(i));
    for (size_t i = 0; i < MOST; i++)
        if (i % KEPT != 0)
            free(blocks[i]);
        else
            live += size_of(i);
    return live;
}

/* Each turn takes blocks of another size and frees them, but for one in 64, which lives for some turns more. */
static void take_turns(void)
{
    enum { WARM = 50, LIVE = 3, LIVE_MOST = EACH / 200 / 64 + 1 };
    static const size_t sizes[] = {200, 400, 800, 1600, 330, 660, 1300, 2000};
    static void *live[LIVE][LIVE_MOST];
    long first = 0;
    for (int turn = 0; turn < WARM + SWINGS; turn++) {
        if (turn == WARM)
            first = page_faults();
        size_t size = sizes[turn % COUNT(sizes)], count = EACH / size, kept = 0;
        void **mine = live[turn % LIVE];
        for (size_t i = 0; i < LIVE_MOST; i++) {
            free(mine[i]);
            mine[i] = NULL;
        }
        for (size_t i = 0; i < count; i++)
            some[i] = take(size);
        for (size_t i = 0; i < count; i++)
            if (i % 64 == 0)
                mine[kept++] = some[i];
            else
                free(some[i]);
    }
    long each = (page_faults() - first) / SWINGS;
    printf("%ld faults for each %zu pages\n", each, (size_t)EACH / (4 * KIB));
    CHECK_AT_MOST(each, EACH / (4 * KIB) / 16);
}

/* 512 MB of two sizes, of which one block in each slab stays; then each turn takes blocks of one of them and frees them
 * all. However much went back before, what turns cost is soon noticed. */
static void shrink_deeply(void)
{
    enum { PEAK = 512 * MIB, SLAB = 64 * KIB, SWING = 8 * MIB, FEW = 60 };
    static const size_t sizes[] = {1024, 2048};
    static void *all[COUNT(sizes)][PEAK / 2 / 1024];
    for (size_t kind = 0; kind < COUNT(sizes); kind++)
        for (size_t i = 0; i < PEAK / 2 / sizes[kind]; i++)
            all[kind][i] = take(sizes[kind]);
    for (size_t kind = 0; kind < COUNT(sizes); kind++)
        for (size_t i = 0; i < PEAK / 2 / sizes[kind]; i++)
            if (i % (SLAB / sizes[kind]) != 0)
                free(all[kind][i]);
    long first = page_faults();
    for (int turn = 0; turn < FEW; turn++) {
        size_t size = sizes[turn % COUNT(sizes)];
        for (size_t i = 0; i < SWING / size; i++)
            some[i] = take(size);
        for (size_t i = 0; i < SWING / size; i++)
            free(some[i]);
    }
    long each = (page_faults() - first) / FEW;
    printf("%ld faults for each %zu pages\n", each, (size_t)SWING / (4 * KIB));
    CHECK_AT_MOST(each, SWING / (4 * KIB) / 16);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "deep") == 0) {
        shrink_deeply();
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "turns") == 0) {
        take_turns();
        return 0;
    }
    bool swings = argc > 1 && strcmp(argv[1], "swings") == 0;
    size_t before = resident_kib(), live = grow_and_shrink();
    size_t left = (resident_kib() - before) * KIB;
    printf("%.1f MiB live, %.1f resident\n", (double)live / MIB, (double)left / MIB);
    if (!swings) {
        /* Each survivor has a page or two. */
        CHECK_AT_MOST(left, MOST / KEPT * 4 * KIB + 8 * MIB);
        return 0;
    }
    long first = page_faults();
    for (int swing = 0; swing < SWINGS; swing++) {
        size_t count = 0;
        for (size_t made = 0, i = 0; made < EACH; i++)
            if (size_of(i) / (SIZES / TURNS) == (size_t)swing % TURNS) {
                made += size_of(i);
                some[count++] = take(size_of(i));
            }
        for (size_t i = 0; i < count; i++)
            free(some[i]);
    }
    long each = (page_faults() - first) / SWINGS;
    printf("%ld faults for each %zu pages\n", each, (size_t)EACH / (4 * KIB));
    CHECK_AT_MOST(each, EACH / (4 * KIB) / 8);
    return 0;
}
