/* free of the end of a slab, at a multiple of the block size, where no whole block fits any more. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: not an allocated block: %p */
/* cases: 48 80 96 112 160 192 224 320 384 448 576 640 704 832 896 960 1152 1280 */
/* cases: 1408 1664 1792 1920 2304 2560 2816 3328 3584 3840 4608 5120 5632 6656 7168 7680 */
#include "misuse/misuse.h"

enum { SLAB = 64 * 1024 };

int main(int argc, char **argv)
{
    size_t size = size_of(argc, argv);
    char *block = among_others(size);
    CHECK(malloc_usable_size(block) == size && SLAB % size != 0);
    uintptr_t slab = (uintptr_t)block & ~(uintptr_t)(SLAB - 1);
    free(announce((void *)(slab + SLAB / size * size)));
    unnoticed();
}
