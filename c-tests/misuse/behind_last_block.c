/* free of the end of a slab, at a multiple of the block size, where no whole block fits any more. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: not an allocated block: %p */
#include "misuse/misuse.h"

enum { SIZE = 48, SLAB = 64 * 1024 };

int main(void)
{
    uintptr_t slab = (uintptr_t)among_others(SIZE) & ~(uintptr_t)(SLAB - 1);
    void *behind = announce((void *)(slab + SLAB / SIZE * SIZE));
    free(behind);
    unnoticed();
}
