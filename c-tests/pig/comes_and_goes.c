/* What a program asks for again and again is not given back each time: a buffer that grows and is cut to a small part, in
 * a run or in a mapping of its own; blocks that are cut to what was read into them. And of zeroed blocks in which little
 * is written little is resident. */
/* needs: pigalloc */
/* cases: buffer large_buffer cut_to_fit tables */
#include "pig/faults.h"
#include <stdint.h>

enum { TIMES = 1000 };

static uint64_t state = 7;

/* Up to `high` or a little more. */
static size_t some_size(size_t low, size_t high)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    size_t size = low;
    for (uint64_t bits = state >> 40; size < high / 2 && (bits & 3) != 0; bits >>= 2)
        size *= 2;
    return size + (state >> 33) % size;
}

static void *resized(void *block, size_t size)
{
    block = realloc(block, size);
    CHECK(block != NULL);
    return block;
}

/* A buffer grows and is cut, with so many page faults at most. */
static void grow_and_cut(size_t high, long most)
{
    enum { SMALL = 70000 };
    char *buffer = resized(NULL, SMALL);
    long first = page_faults();
    for (int i = 0; i < TIMES; i++) {
        size_t size = some_size(SMALL, high);
        buffer = resized(buffer, size);
        memset(hide(buffer), i, size);
        buffer = resized(buffer, SMALL);
        CHECK(buffer[0] == (char)i && buffer[SMALL - 1] == (char)i);
    }
    free(buffer);
    long faults = page_faults() - first;
    printf("%ld faults\n", faults);
    CHECK_AT_MOST(faults, most);
}

static void cut_to_fit(void)
{
    enum { KEPT = 100, READ = 128 * KIB };
    static char *blocks[KEPT];
    long first = page_faults();
    for (int i = 0; i < 20 * TIMES; i++) {
        char **block = &blocks[i % KEPT];
        free(*block);
        size_t size = some_size(READ / 16, READ);
        *block = resized(NULL, READ);
        memset(hide(*block), 1, size < READ ? size : READ);
        *block = resized(*block, size < READ ? size : READ);
    }
    long faults = page_faults() - first;
    printf("%ld faults\n", faults);
    CHECK_AT_MOST(faults, 10 * TIMES);
}

static void fill_tables(void)
{
    enum { LIVE = 100, WRITTEN = 10 };
    static unsigned char *tables[LIVE];
    size_t before = resident_kib();
    for (int i = 0; i < 3 * TIMES; i++) {
        unsigned char **table = &tables[i % LIVE];
        free(*table);
        size_t size = some_size(100000, 4000000);
        *table = calloc(1, size);
        CHECK(*table != NULL);
        for (size_t k = 0; k < WRITTEN; k++) {
            unsigned char *place = *table + (size / WRITTEN) * k + 2 * (size_t)i % (size / WRITTEN);
            CHECK(*place == 0);
            *place = 1;
        }
    }
    printf("%zu KiB\n", resident_kib() - before);
    CHECK_AT_MOST(resident_kib() - before, 30 * KIB);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    if (strcmp(argv[1], "buffer") == 0)
        grow_and_cut(1500000, 2 * TIMES);
    else if (strcmp(argv[1], "large_buffer") == 0)
        grow_and_cut(4000000, 8 * TIMES);
    else if (strcmp(argv[1], "cut_to_fit") == 0)
        cut_to_fit();
    else
        fill_tables();
    return 0;
}
