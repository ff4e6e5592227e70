/* A block freed twice, with malloc_trim in between: memory that went back to the system is known as freed
 * still. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 24 1000 5000 40000 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    void *block = announce(among_others(size_of(argc, argv)));
    free(block);
    malloc_trim(0);
    free(hide(block));
    unnoticed();
}
