/* malloc_stats writes to stderr and nothing to stdout. */
/* expect-stdout:  */
#include "test.h"

int main(void)
{
    int saved = dup(2), file = memfd_create("stderr", 0);
    CHECK(saved >= 0 && file >= 0 && dup2(file, 2) == 2);
    void *block = malloc(100000);
    malloc_stats();
    fflush(stderr);
    off_t size = lseek(file, 0, SEEK_END);
    CHECK(dup2(saved, 2) == 2);
    CHECK(block != NULL && size > 20);
    free(block);
    return 0;
}
