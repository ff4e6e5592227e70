/* A block of a large alignment freed twice. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 32 64 256 4096 65536 1048576 67108864 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    void *block = announce(memalign(size_of(argc, argv), 300));
    free(block);
    free(hide(block));
    unnoticed();
}
