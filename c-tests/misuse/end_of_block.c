/* free of the end of a live block, where a free block starts. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 24 64 1024 5120 40960 */
#include "misuse/misuse.h"

enum { BLOCKS = 40 };

int main(int argc, char **argv)
{
    size_t size = size_of(argc, argv);
    char *blocks[BLOCKS], *end = NULL;
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
    }
    /* Where blocks stand apart, as behind headers, no block starts at the end of another. */
    for (size_t i = 0; i < BLOCKS && end == NULL; i++) {
        end = blocks[i] + malloc_usable_size(blocks[i]);
        size_t at = 0;
        while (at < BLOCKS && blocks[at] != end)
            at++;
        if (at < BLOCKS)
            free(blocks[at]);
        else if (i + 1 < BLOCKS)
            end = NULL;
    }
    free(announce(end));
    unnoticed();
}
