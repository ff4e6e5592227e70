/* A block freed by its thread and then by another. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 1 24 100 1000 5000 40000 65536 100000 200000 67108864 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    void *block = announce(among_others(size_of(argc, argv)));
    free(block);
    finish(start(free_it, block));
    unnoticed();
}
