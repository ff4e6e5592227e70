/* A block with a mapping of its own, a part of which is locked or has an advice of its own, is several mappings to the
 * kernel, and cannot be moved as one. It grows all the same, and its addresses go back. */
/* cases: locked advised */
#include "test.h"
#include <stdbool.h>
#include <sys/mman.h>

enum { TIMES = 20 };
static const size_t SIZE = 300 * MIB, PART = 64 * KIB;

static size_t mapped_kib(void)
{
    return proc_number("/proc/self/status", "VmSize:");
}

static void set_apart(char *part, bool locked)
{
    if (locked)
        CHECK(mlock(part, PART) == 0);
    else
        CHECK(madvise(part, PART, MADV_DONTDUMP) == 0);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    bool locked = strcmp(argv[1], "locked") == 0;
    size_t before = mapped_kib();
    for (int i = 0; i < TIMES; i++) {
        char *block = malloc(SIZE);
        CHECK(block != NULL);
        char *part = block + (4 * MIB - (uintptr_t)block % MIB);
        fill(block, KIB, 3);
        fill(part, PART, 5);
        set_apart(part, locked);
        size_t at = (size_t)(part - block);
        block = realloc(block, 2 * SIZE);
        CHECK(block != NULL && holds(block, KIB, 3) && holds(block + at, PART, 5));
        free(block);
    }
    CHECK_AT_MOST(mapped_kib(), before + 256 * KIB);
    return 0;
}
