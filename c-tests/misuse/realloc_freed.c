/* realloc of a block that is free already. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: realloc: use of a freed block: %p */
/* cases: 1 24 100 1000 5000 40000 65536 100000 200000 67108864 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    size_t size = size_of(argc, argv);
    void *block = announce(among_others(size));
    free(block);
    free(hide(realloc(hide(block), size + 1)));
    unnoticed();
}
