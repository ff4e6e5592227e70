/* realloc of a block that is free already, to nothing. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: realloc: use of a freed block: %p */
/* cases: 24 1000 40000 200000 268435456 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    void *block = announce(among_others(size_of(argc, argv)));
    free(block);
    CHECK(realloc(hide(block), hide_size(0)) == NULL);
    unnoticed();
}
