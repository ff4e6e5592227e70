/* A large block freed twice, with its first bytes written in between: nothing in it says that it is free. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 70000 100000 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    void *block = announce(among_others(size_of(argc, argv)));
    free(block);
    memset(hide(block), 0x5a, 64);
    free(hide(block));
    unnoticed();
}
