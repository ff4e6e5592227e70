/* A block that has a mapping of its own grows also when the program has given a part of it other properties,
 * so that the kernel cannot remap it as one. */
#include "test.h"
#include <sys/mman.h>

int main(void)
{
    char *block = malloc(40 * MIB);
    CHECK(block != NULL);
    block[0] = 1;
    block[40 * MIB - 1] = 2;
    char *part = (char *)(((uintptr_t)block + 8 * MIB) & ~(uintptr_t)4095);
    CHECK(madvise(part, MIB, MADV_DONTDUMP) == 0);
    block = realloc(block, 80 * MIB);
    CHECK(block != NULL);
    CHECK(block[0] == 1 && block[40 * MIB - 1] == 2);
    block[80 * MIB - 1] = 3;
    free(block);
    return 0;
}
