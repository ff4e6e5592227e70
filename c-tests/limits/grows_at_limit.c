/* Blocks grow step by step until memory is short: then each can still have what is left, although there is no room for a
 * second one of its size. */
/* cases: mapping in_place */
#include "limits/limit.h"

enum { BLOCKS = 12 };
static const size_t SIZE = 14 * MIB, STEP = 2 * MIB, LAST_STEP = MIB + 100 * KIB, MORE = 17 * MIB, LEFT = 6 * MIB;

/* Memory that counts for RLIMIT_DATA. */
static size_t data_bytes(void)
{
    return proc_number("/proc/self/status", "VmData:") * KIB;
}

static void limit_to(size_t bytes)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_DATA, &limit) == 0);
    limit.rlim_cur = bytes;
    CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
}

static void as_mapping(void)
{
    char *blocks[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(MIB);
        /* What stands behind it keeps it from growing in place. */
        CHECK(blocks[i] != NULL && hide(malloc(MIB)) != NULL);
        fill(blocks[i], KIB, i);
        /* The last one's lengths suit no large pages. */
        size_t step = i < BLOCKS - 1 ? STEP : LAST_STEP;
        for (size_t size = 2 * step; size <= SIZE; size += step) {
            blocks[i] = realloc(blocks[i], size);
            CHECK(blocks[i] != NULL);
        }
    }
    void *spare = mmap(NULL, LEFT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(spare != MAP_FAILED);
    limit_to(data_bytes() + MIB);
    /* What is free in the heap is used up, too. */
    while (hide(malloc(MIB)) != NULL) {
    }
    CHECK(munmap(spare, LEFT) == 0);
    char *last = realloc(blocks[BLOCKS - 1], MORE);
    CHECK(last != NULL && holds(last, KIB, BLOCKS - 1));
    free(last);
    for (unsigned i = 0; i < BLOCKS - 1; i++) {
        CHECK(holds(blocks[i], KIB, i));
        free(blocks[i]);
    }
}

/* Past a size at which blocks are usually copied to where they may grow further; what is free stands right behind it. */
static void in_place(void)
{
    char *block = malloc(31 * MIB), *behind = malloc(6 * MIB);
    CHECK(block != NULL && behind != NULL);
    fill(block, KIB, 1);
    limit_to(data_bytes() + MIB);
    free(behind);
    block = realloc(block, 33 * MIB);
    CHECK(block != NULL && holds(block, KIB, 1));
    free(block);
}

int main(int argc, char **argv)
{
    CHECK(argc > 1);
    if (strcmp(argv[1], "in_place") == 0)
        in_place();
    else
        as_mapping();
    return 0;
}
