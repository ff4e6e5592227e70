/* Another thread frees main's blocks, and main copies the content of one over another, so that a true link
 * stands in a wrong place: no pointer but the allocator's own is ever handed out. */
/* needs: pigalloc */
/* cases: 16 24 64 200 1000 5000 40000 */
#include "misuse/foreign_lists.h"

static void *blocks[BLOCKS];

static void *free_half(void *unused)
{
    for (size_t i = 0; i < BLOCKS; i += 2)
        free(blocks[i]);
    return unused;
}

int main(int argc, char **argv)
{
    size_t size = size_of(argc, argv), kept = 0;
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
    }
    finish(start(free_half, NULL));
    for (size_t i = 0; i + 8 < BLOCKS; i += 10)
        memcpy(blocks[i], blocks[i + 8], size < 64 ? size : 64);
    for (size_t i = 1; i < BLOCKS; i += 2)
        blocks[kept++] = blocks[i];
    allocate_and_check(size, blocks, kept);
    return 0;
}
