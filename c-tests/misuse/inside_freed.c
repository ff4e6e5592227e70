/* free of a pointer into a block that is free already: whatever it is called, it is not taken. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: pointer inside a block: %p */
/* expect-stderr: free: double free: %p */
/* expect-stderr: free: not an allocated block: %p */
/* cases: 24 1000 40000 200000 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    size_t size = size_of(argc, argv);
    char *block = among_others(size);
    void *inside = announce(block + size / 2);
    free(block);
    free(inside);
    unnoticed();
}
