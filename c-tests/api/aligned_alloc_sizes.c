/* aligned_alloc takes any size, a multiple of the alignment or not. */
#include "test.h"

int main(void)
{
    for (size_t alignment = 16; alignment <= 65536; alignment *= 4)
        for (size_t size = 1; size < 200000; size = size * 3 + 1) {
            void *block = aligned_alloc(hide_size(alignment), hide_size(size));
            CHECK(block != NULL && is_aligned(block, alignment));
            CHECK(malloc_usable_size(block) >= size);
            fill(block, size, 5);
            CHECK(holds(block, size, 5));
            free(block);
        }
    return 0;
}
