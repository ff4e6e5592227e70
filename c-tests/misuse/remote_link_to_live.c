/* Another thread frees main's blocks, and main writes the address of a live block over each of them:
 * no pointer but the allocator's own is ever handed out. */
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
    for (size_t i = 0; i < BLOCKS; i += 2)
        memcpy(blocks[i], &blocks[i + 1], sizeof blocks[i]);
    for (size_t i = 1; i < BLOCKS; i += 2)
        blocks[kept++] = blocks[i];
    allocate_and_check(size, blocks, kept);
    return 0;
}
