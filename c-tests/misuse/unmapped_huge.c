/* free of a pointer into a huge block that is free already and went back to the system: no fault on the
 * way. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: not an allocated block: %p */
/* expect-stderr: free: pointer inside a block: %p */
/* expect-stderr: free: double free: %p */
/* cases: 16 4096 1048576 33554432 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    char *block = malloc(300 * MIB);
    CHECK(block != NULL);
    void *inside = announce(block + size_of(argc, argv));
    free(block);
    free(inside);
    unnoticed();
}
