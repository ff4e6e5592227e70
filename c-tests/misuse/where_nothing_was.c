/* free of an address in a place where an arena of large blocks has opened anew, after something of the program's was in
 * its way elsewhere: what was freed at the same distance there is nothing to this address. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: not an allocated block: %p */
#include "misuse/misuse.h"
#include "mappings.h"

int main(void)
{
    char *blocks[3], *first;
    for (size_t i = 0; i < COUNT(blocks); i++)
        CHECK((blocks[i] = malloc(50 * MIB)) != NULL);
    CHECK(wall_behind(blocks[COUNT(blocks) - 1]));
    CHECK((first = malloc(200 * MIB)) != NULL);
    for (size_t i = 0; i < COUNT(blocks); i++)
        free(blocks[i]);
    malloc_trim(0);
    /* Of another kind than the large ones, for which an arena is open. */
    first = malloc(3 * MIB);
    CHECK(first != NULL);
    for (size_t i = 0; i < COUNT(blocks); i++)
        CHECK(first > blocks[i] + 4 * GIB || first < blocks[i]);
    free(announce(first + 20 * MIB));
    unnoticed();
}
