/* A block that realloc has moved elsewhere, freed by its old address. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 1 24 100 1000 5000 40000 65536 268435456 */
#include "misuse/misuse.h"

enum { MANY = 100 << 20 };

int main(int argc, char **argv)
{
    size_t size = size_of(argc, argv);
    void *block = announce(among_others(size));
    void *moved = realloc(hide(block), size * (size < MANY ? 20 : 5));
    CHECK(moved != NULL && moved != hide(block));
    free(hide(block));
    unnoticed();
}
