/* A zeroed block freed twice. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 24 1000 40000 200000 67108864 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    void *block = announce(calloc(1, size_of(argc, argv)));
    free(block);
    free(hide(block));
    unnoticed();
}
