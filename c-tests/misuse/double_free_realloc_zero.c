/* A block freed by realloc(p, 0) and then by free. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 24 1000 40000 200000 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    void *block = announce(among_others(size_of(argc, argv)));
    CHECK(realloc(block, hide_size(0)) == NULL);
    free(hide(block));
    unnoticed();
}
