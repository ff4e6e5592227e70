/* The thread writes a pointer over all blocks that it has freed itself: no
 * pointer but the allocator's own is ever handed out. */
/* needs: pigalloc */
/* cases: 16 24 64 200 1000 5000 40000 */
#include "misuse/foreign_lists.h"

int main(int argc, char **argv)
{
    static void *blocks[BLOCKS];
    size_t size = size_of(argc, argv), kept = 0;
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
    }
    for (size_t i = 0; i < BLOCKS; i += 2)
        free(blocks[i]);
    for (size_t i = 0; i < BLOCKS; i += 2)
        for (size_t at = 0; at + sizeof(void *) <= size && at < 64; at += sizeof(void *)) {
            char *target = trap + 4096 + i % 64 * 16;
            memcpy((char *)hide(blocks[i]) + at, &target, sizeof target);
        }
    for (size_t i = 1; i < BLOCKS; i += 2)
        blocks[kept++] = blocks[i];
    allocate_and_check(size, blocks, kept);
    return 0;
}
