/* A block of the parent freed twice in a forked child of a process with threads. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 24 1000 40000 200000 */
#include "misuse/misuse.h"

static void *idle(void *unused)
{
    pause();
    return unused;
}

int main(int argc, char **argv)
{
    void *block = announce(among_others(size_of(argc, argv)));
    start(idle, NULL);
    pid_t child = fork();
    if (child == 0) {
        free(block);
        free(hide(block));
        unnoticed();
    }
    end_as(child);
}
