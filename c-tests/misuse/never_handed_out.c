/* free of a block that lies behind the last one handed out: never given to anyone. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: not an allocated block: %p */
/* expect-stderr: free: double free: %p */
/* cases: 24 1000 5000 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    size_t size = size_of(argc, argv);
    char *first = malloc(size);
    CHECK(first != NULL);
    /* The usable size is the whole block, so that this is the start of a later one of the same slab. */
    free(announce(first + 3 * malloc_usable_size(hide(first))));
    unnoticed();
}
