/* malloc_usable_size of a block that is free already. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: malloc_usable_size: use of a freed block: %p */
/* cases: 1 24 100 1000 5000 40000 65536 100000 200000 67108864 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    void *block = announce(among_others(size_of(argc, argv)));
    free(block);
    hide_size(malloc_usable_size(hide(block)));
    unnoticed();
}
