/* A block that the parent freed before it forked, freed again by the child. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 24 1000 40000 200000 67108864 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    void *block = announce(among_others(size_of(argc, argv)));
    free(block);
    pid_t child = fork();
    if (child == 0) {
        free(hide(block));
        unnoticed();
    }
    end_as(child);
}
