/* Live blocks are written far beyond their end, over the free blocks behind them, whoever freed those:
 * no pointer but the allocator's own is ever handed out. */
/* needs: pigalloc */
/* cases: 16 24 64 200 1000 5000 40000 */
#include "misuse/foreign_lists.h"

static void *blocks[BLOCKS];

static int by_address(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return x < y ? -1 : x > y;
}

static void *free_quarter(void *unused)
{
    for (size_t i = 0; i < BLOCKS; i += 4)
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
    qsort(blocks, BLOCKS, sizeof blocks[0], by_address);
    finish(start(free_quarter, NULL));
    for (size_t i = 2; i < BLOCKS; i += 4)
        free(blocks[i]);
    /* Only where the next block lies right behind: what else may follow is not known to be free. */
    for (size_t i = 1; i + 1 < BLOCKS; i += 2) {
        char *block = blocks[i];
        size_t usable = malloc_usable_size(block);
        if (block + usable == (char *)hide(blocks[i + 1]))
            memset(block, 0x41, usable + (usable < 64 ? usable : 64));
    }
    for (size_t i = 1; i < BLOCKS; i += 2)
        blocks[kept++] = blocks[i];
    allocate_and_check(size, blocks, kept);
    return 0;
}
