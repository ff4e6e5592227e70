/* realloc(NULL, n) is malloc(n), for every kind of size. */
#include "test.h"

int main(void)
{
    static const size_t sizes[] = {1, 8, 24, 100, 1000, 5000, 40000, 65536, 65537, 200000, 4 * MIB, 64 * MIB};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        void *block = realloc(NULL, hide_size(sizes[i]));
        CHECK(block != NULL && is_aligned(block, 16));
        CHECK(malloc_usable_size(block) >= sizes[i]);
        fill(block, sizes[i], 3);
        CHECK(holds(block, sizes[i], 3));
        free(block);
    }
    return 0;
}
