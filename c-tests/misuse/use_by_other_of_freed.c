/* realloc, by another thread, of a block that a third thread has freed. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: realloc: use of a freed block: %p */
/* cases: 24 1000 40000 200000 */
#include "misuse/misuse.h"

static void *realloc_it(void *block)
{
    return realloc(block, 70000);
}

int main(int argc, char **argv)
{
    void *block = announce(among_others(size_of(argc, argv)));
    finish(start(free_it, block));
    finish(start(realloc_it, block));
    unnoticed();
}
