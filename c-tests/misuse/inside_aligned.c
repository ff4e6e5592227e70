/* free of a pointer into a block of a large alignment. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: pointer inside a block: %p */
/* cases: 32 64 256 4096 65536 1048576 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    char *block = memalign(size_of(argc, argv), 300);
    CHECK(block != NULL);
    keep(block, judged_size = 300);
    free(announce(block + 16));
    unnoticed();
}
