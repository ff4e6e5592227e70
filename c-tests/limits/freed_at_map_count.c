/* Huge blocks that stand beside each other are freed while the process has as many mappings as it may, and one of them in
 * the middle would make one more: its pages go all the same. */
/* beyond-glibc: keeps the pages for ever */
#include "test.h"
#include <sys/mman.h>

enum { BLOCKS = 5, MAPPINGS = 70000 };
static const size_t SIZE = 256 * MIB, TOUCHED = 32 * MIB;

int main(void)
{
    static void *mappings[MAPPINGS];
    char *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        CHECK((blocks[i] = malloc(SIZE)) != NULL);
        touch(blocks[i], TOUCHED);
    }
    size_t before = resident_kib();
    int count = 0;
    for (; count < MAPPINGS; count++) {
        int access = count % 2 == 0 ? PROT_READ : PROT_NONE;
        mappings[count] = mmap(NULL, 4096, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mappings[count] == MAP_FAILED)
            break;
    }
    if (count == MAPPINGS)
        SKIP("the system allows more mappings");
    for (int i = 1; i < BLOCKS; i += 2)
        free(blocks[i]);
    while (count > 0)
        CHECK(munmap(mappings[--count], 4096) == 0);
    size_t after = resident_kib();
    printf("%zu KiB before, %zu after\n", before, after);
    CHECK(before > BLOCKS * TOUCHED / KIB);
    CHECK_AT_MOST(after, before - 2 * TOUCHED / KIB + 4096);
    return 0;
}
