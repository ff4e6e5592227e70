/* free of the end of a live block, where the next block would start, but none was ever handed out. */
/* needs: pigalloc */
/* expect-exit: 4 */
/* cases: 24 64 1024 5120 */
#include "misuse/misuse.h"

enum { BLOCKS = 100 };

int main(int argc, char **argv)
{
    size_t size = size_of(argc, argv);
    char *last = NULL;
    for (size_t i = 0; i < BLOCKS; i++) {
        char *block = malloc(size);
        CHECK(block != NULL);
        keep(block, size);
        last = block > last ? block : last;
    }
    free(announce(last + malloc_usable_size(last)));
    unnoticed();
}
