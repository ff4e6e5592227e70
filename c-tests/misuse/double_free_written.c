/* A block freed twice, with all of it written in between: what says that it is free stood in it. */
/* needs: pigalloc */
/* expect-exit: 4 */
/* cases: 24 100 1000 5000 40000 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    size_t size = size_of(argc, argv);
    void *block = announce(among_others(size));
    free(block);
    memset(hide(block), 0x5a, size);
    free(hide(block));
    unnoticed();
}
