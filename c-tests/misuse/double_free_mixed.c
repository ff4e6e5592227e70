/* A double free of a block that stands in a hole of another size: at once, after others, after trimming. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: once later trimmed */
#include "misuse/misuse.h"
#include "mixed.h"
#include <malloc.h>

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    make_mixed();
    size_t at = find_mixed();
    CHECK(at < OTHERS);
    free(others[at]);
    if (strcmp(argv[1], "later") == 0)
        for (size_t i = 0; i < 300; i++)
            if (i != at)
                free(others[i]);
    if (strcmp(argv[1], "trimmed") == 0)
        malloc_trim(0);
    free(announce(others[at]));
    unnoticed();
}
