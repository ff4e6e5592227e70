/* A request for nothing gives a block of its own: non-NULL, aligned, different from every other, and free
 * takes it. */
#include "test.h"

int main(void)
{
    void *blocks[600];
    size_t n = 0;
    while (n < COUNT(blocks)) {
        blocks[n++] = malloc(hide_size(0));
        blocks[n++] = calloc(hide_size(0), 8);
        blocks[n++] = calloc(8, hide_size(0));
        blocks[n++] = realloc(NULL, hide_size(0));
        blocks[n++] = aligned_alloc(64, hide_size(0));
        CHECK(is_aligned(blocks[n - 1], 64));
        CHECK(posix_memalign(&blocks[n++], 4096, 0) == 0);
        CHECK(is_aligned(blocks[n - 1], 4096));
    }
    for (size_t i = 0; i < n; i++) {
        CHECK(blocks[i] != NULL && is_aligned(blocks[i], 16));
        for (size_t j = 0; j < i; j++)
            CHECK(blocks[i] != blocks[j]);
    }
    for (size_t i = 0; i < n; i++)
        free(blocks[i]);
    return 0;
}
