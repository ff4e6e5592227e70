/* A double free of a large block that waits for the next one of its length. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: once other_thread child */
#include "misuse/misuse.h"

enum { SIZE = 200000, TIMES = 8 };

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    earn_heap();
    /* Who asks again and again for what was freed is answered with it. */
    uintptr_t last = 0, now = 0;
    for (int i = 0; i < TIMES; i++) {
        void *block = malloc(SIZE);
        last = now;
        now = (uintptr_t)block;
        free(hide(block));
    }
    CHECK(last == now);
    void *block = announce(malloc(SIZE));
    free(block);
    pid_t child = strcmp(argv[1], "child") == 0 ? fork() : 0;
    if (child > 0)
        end_as(child);
    if (strcmp(argv[1], "other_thread") == 0)
        finish(start(free_it, hide(block)));
    else
        free(hide(block));
    unnoticed();
}
