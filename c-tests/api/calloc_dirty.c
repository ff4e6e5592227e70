/* calloc is zero, all of its usable size that was asked for, also where dirty blocks were freed before. */
#include "test.h"

int main(void)
{
    static const size_t sizes[] = {1, 8, 16, 17, 64, 100, 1000, 4096, 5000,
                                   40000, 65536, 70000, 200000, 1 * MIB, 40 * MIB};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        enum { N = 64 };
        size_t size = sizes[i], many = size > 300000 ? 2 : N;
        void *blocks[N];
        for (int round = 0; round < 3; round++) {
            for (size_t j = 0; j < many; j++) {
                blocks[j] = malloc(size);
                CHECK(blocks[j] != NULL);
                memset(blocks[j], 0xee, malloc_usable_size(blocks[j]));
            }
            for (size_t j = 0; j < many; j++)
                free(blocks[many - 1 - j]);
            for (size_t j = 0; j < many; j++) {
                blocks[j] = j % 2 ? calloc(size, 1) : calloc(1, size);
                CHECK(blocks[j] != NULL && is_zero(blocks[j], size));
                memset(blocks[j], 0xdd, size);
            }
            for (size_t j = 0; j < many; j++)
                free(blocks[j]);
        }
    }
    return 0;
}
