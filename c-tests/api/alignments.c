/* Every alignment from 1 byte to 4 MiB with every kind of size, by every function that takes one; blocks do
 * not overlap, and realloc keeps the content of an aligned block. */
#include "test.h"

static void *aligned_by(int way, size_t alignment, size_t size)
{
    void *block = NULL;
    if (way == 0)
        return memalign(alignment, size);
    if (way == 1)
        return aligned_alloc(alignment, size);
    if (alignment < sizeof(void *))
        alignment = sizeof(void *);
    CHECK(posix_memalign(&block, alignment, size) == 0);
    return block;
}

int main(void)
{
    static const size_t sizes[] = {1, 8, 16, 24, 64, 100, 200, 1000, 4096, 5000, 40000, 65536, 70000, 300000};
    for (int way = 0; way < 3; way++)
        for (size_t alignment = 1; alignment <= 4 * MIB; alignment *= 2) {
            unsigned char *blocks[COUNT(sizes)];
            for (size_t i = 0; i < COUNT(sizes); i++) {
                blocks[i] = aligned_by(way, hide_size(alignment), sizes[i]);
                CHECK(blocks[i] != NULL && is_aligned(blocks[i], alignment) && is_aligned(blocks[i], 16));
                fill(blocks[i], sizes[i], (unsigned)i);
            }
            for (size_t i = 0; i < COUNT(sizes); i++) {
                CHECK(holds(blocks[i], sizes[i], (unsigned)i));
                blocks[i] = realloc(blocks[i], sizes[i] * 2);
                CHECK(blocks[i] != NULL && holds(blocks[i], sizes[i], (unsigned)i));
            }
            for (size_t i = 0; i < COUNT(sizes); i++)
                free(blocks[i]);
        }
    return 0;
}
