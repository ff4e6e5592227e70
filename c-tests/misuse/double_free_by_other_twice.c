/* A block freed by another thread twice. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 1 24 100 1000 5000 40000 65536 100000 200000 67108864 */
#include "misuse/misuse.h"

static void *free_twice(void *block)
{
    free(block);
    free(hide(block));
    unnoticed();
}

int main(int argc, char **argv)
{
    finish(start(free_twice, announce(among_others(size_of(argc, argv)))));
    return 0;
}
