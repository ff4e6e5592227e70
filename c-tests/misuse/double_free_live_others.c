/* A block freed twice, with live neighbours and work on other sizes in between. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 1 24 100 1000 5000 40000 65536 100000 200000 67108864 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    size_t size = size_of(argc, argv);
    void *block = announce(among_others(size));
    free(block);
    for (size_t other = 1; other < 20000; other = other * 2 + 1)
        if (other + other / 4 < size || size + size / 4 < other)
            free(malloc(other));
    free(hide(block));
    unnoticed();
}
