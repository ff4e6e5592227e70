/* Under mallopt(M_PERTURB) calloc is zero all the same, and realloc keeps the content. */
#include "test.h"

int main(void)
{
    CHECK(mallopt(M_PERTURB, 0x5a) == 1);
    for (int round = 0; round < 20; round++)
        for (size_t size = 1; size < 3 * MIB; size = size * 2 + 1) {
            unsigned char *block = calloc(1, size);
            CHECK(block != NULL && is_zero(block, size));
            fill(block, size, 4);
            block = realloc(block, size * 2);
            CHECK(block != NULL && holds(block, size, 4));
            free(block);
        }
    return 0;
}
