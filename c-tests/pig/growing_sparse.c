/* A block that realloc grows, and of which little is written, takes no huge pages for that; one that is filled again gets
 * them. */
/* needs: pigalloc */
/* cases: ends then_filled no_access */
#include "faults.h"

enum { PAGE = 4096 };
static const size_t STEP = 4 * MIB;

static unsigned char *grow(unsigned char *block, size_t size)
{
    block = realloc(block, size);
    CHECK(block != NULL);
    return block;
}

static void write_all(unsigned char *block, size_t from, size_t to)
{
    for (size_t i = from; i < to; i += PAGE)
        memset(block + i, pattern(i, 1), PAGE);
}

/* Who has taken the access away gets it grown all the same. */
static void grow_without_access(void)
{
    size_t size = 300 * MIB, next = size + 40 * MIB;
    unsigned char *block = malloc(size);
    if (block == NULL)
        SKIP("the system does not give so much");
    block[size - 1] = 7;
    CHECK(mprotect(block, size, PROT_NONE) == 0);
    block = grow(block, next);
    CHECK(mprotect(block, next, PROT_READ | PROT_WRITE) == 0);
    CHECK(block[size - 1] == 7 && block[size] == 0);
    free(block);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "no_access") == 0)
        return grow_without_access(), 0;
    bool ends = argc < 2 || strcmp(argv[1], "ends") == 0;
    size_t end = ends ? 1024 * MIB : 64 * MIB, before = resident_kib();
    unsigned char *block = NULL;
    need_huge_pages(5, 14);
    for (size_t size = STEP; size <= end; size += STEP) {
        block = grow(block, size);
        block[size - 1] = pattern(size, 1);
    }
    for (size_t size = STEP; size <= end; size += STEP)
        CHECK(block[size - 1] == pattern(size, 1));
    /* The first 32 MiB may be huge pages, and are copied when the block becomes a mapping. */
    CHECK_AT_MOST(resident_kib() - before, (ends ? 80 : 60) * KIB);
    if (!ends) {
        write_all(block, 0, end);
        long faults = page_faults();
        for (size_t size = end + STEP; size <= 2 * end; size += STEP) {
            block = grow(block, size);
            write_all(block, size - STEP, size);
        }
        CHECK_AT_MOST(page_faults() - faults, end / PAGE / 2);
        for (size_t i = 0; i < 2 * end; i += PAGE)
            CHECK(block[i] == pattern(i, 1) && block[i + PAGE - 1] == pattern(i, 1));
    }
    free(block);
    return 0;
}
