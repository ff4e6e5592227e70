/* A block whose thread has ended, freed twice by main. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 1 24 100 1000 5000 40000 65536 100000 200000 67108864 */
#include "misuse/misuse.h"

static void *make(void *size)
{
    return among_others((size_t)size);
}

int main(int argc, char **argv)
{
    void *block = announce(finish(start(make, (void *)size_of(argc, argv))));
    free(block);
    free(hide(block));
    unnoticed();
}
