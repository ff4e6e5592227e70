/* A block freed twice, with other blocks of its size freed in between. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 1 24 100 1000 5000 40000 65536 100000 200000 67108864 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    enum { OTHERS = 300 };
    size_t size = size_of(argc, argv), many = size > MIB ? 4 : OTHERS;
    void *others[OTHERS], *block = announce(malloc(size));
    for (size_t i = 0; i < many; i++)
        others[i] = malloc(size);
    free(block);
    for (size_t i = 0; i < many; i++)
        free(others[i]);
    free(hide(block));
    unnoticed();
}
