/* free of the end of a large block, behind which nothing is allocated. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: not an allocated block: %p */
/* cases: 100000 200000 67108864 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    size_t size = size_of(argc, argv);
    char *block = malloc(size);
    CHECK(block != NULL);
    keep(block, size);
    free(announce(block + malloc_usable_size(block)));
    unnoticed();
}
