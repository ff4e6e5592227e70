/* pig_stats_print writes lines to stderr, nothing to stdout, and needs no stdio. */
/* needs: pigalloc */
/* expect-stdout:  */
#include "test.h"
#include <pigalloc.h>

int main(void)
{
    int saved = dup(2), file = memfd_create("stderr", 0);
    CHECK(saved >= 0 && file >= 0 && dup2(file, 2) == 2);
    pig_stats_print();
    off_t size = lseek(file, 0, SEEK_END);
    CHECK(dup2(saved, 2) == 2);
    CHECK(size > 100);
    return 0;
}
