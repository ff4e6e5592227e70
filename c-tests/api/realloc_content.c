/* realloc keeps the content up to the smaller of both sizes, up and down through every kind of block. */
#include "test.h"

int main(void)
{
    static const size_t sizes[] = {
        1, 16, 17, 100, 40, 2000, 1999, 5000, 70000, 33000,
        65536, 65537, 200 * KIB, 3 * MIB, 90 * KIB, 40 * MIB, 41 * MIB, 33 * MIB, 2 * MIB, 9,
    };
    size_t size = 8;
    unsigned char *block = malloc(size);
    CHECK(block != NULL);
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < COUNT(sizes); i++) {
            unsigned seed = (unsigned)(i + 1);
            size_t kept = size < sizes[i] ? size : sizes[i];
            fill(block, size, seed);
            block = realloc(block, sizes[i]);
            CHECK(block != NULL && is_aligned(block, 16));
            CHECK(holds(block, kept, seed));
            size = sizes[i];
        }
    free(block);
    return 0;
}
