/* The same filter set before the program's first malloc: the allocator needs no other call to start up. */
/* beyond-glibc: it calls getrandom at its first malloc */
#include "test.h"
#include "life/seccomp.h"

int main(void)
{
    only_memory_calls();
    for (size_t size = 1; size < 100 * MIB; size = size * 2 + 1) {
        void *block = malloc(size);
        CHECK(block != NULL);
        touch(block, size);
        free(block);
    }
    return 0;
}
