/* Shrinking a large block by realloc gives its end back to the system. */
#include "test.h"

int main(void)
{
    static const size_t sizes[] = {256 * MIB, 20 * MIB};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t before = resident_kib();
        unsigned char *block = malloc(sizes[i]);
        CHECK(block != NULL);
        touch(block, sizes[i]);
        fill(block, MIB, 3);
        CHECK(resident_kib() >= before + sizes[i] / KIB);
        block = realloc(block, MIB);
        CHECK(block != NULL && holds(block, MIB, 3));
        malloc_trim(0);
        CHECK_AT_MOST(resident_kib(), before + 5 * KIB);
        free(block);
    }
    return 0;
}
