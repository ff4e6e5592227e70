/* free, by another thread, of a pointer into a live block. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: pointer inside a block: %p */
/* cases: 24 1000 40000 200000 67108864 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    size_t size = size_of(argc, argv);
    char *block = keep(among_others(size), size);
    finish(start(free_it, announce(block + size / 2)));
    unnoticed();
}
