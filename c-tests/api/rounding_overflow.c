/* Rounding up and adding an alignment do not wrap: pvalloc(-1) and the like are NULL and ENOMEM. */
#include "test.h"

#define NO_MEMORY(call) (errno = 0, CHECK((call) == NULL), CHECK(errno == ENOMEM))

int main(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), most = PTRDIFF_MAX;
    void *untouched = &page;
    for (size_t less = 0; less < 3; less++) {
        NO_MEMORY(pvalloc(hide_size(SIZE_MAX - less)));
        NO_MEMORY(pvalloc(hide_size(SIZE_MAX - page + 1 + less)));
        NO_MEMORY(pvalloc(hide_size(most - less)));
        NO_MEMORY(valloc(hide_size(SIZE_MAX - less)));
        NO_MEMORY(memalign(page, hide_size(most - less)));
        NO_MEMORY(aligned_alloc(32, hide_size(most - less)));
        NO_MEMORY(malloc(hide_size(most - less)));
    }
    for (size_t bits = 20; bits < 63; bits++) {
        size_t alignment = hide_size((size_t)1 << bits);
        NO_MEMORY(memalign(alignment, most - alignment + 2));
        NO_MEMORY(aligned_alloc(alignment, most));
        CHECK(posix_memalign(&untouched, alignment, most) == ENOMEM);
    }
    NO_MEMORY(memalign(hide_size((size_t)1 << 62), (size_t)1 << 62));
    NO_MEMORY(memalign(hide_size((size_t)1 << 63), 1));
    CHECK(untouched == &page);
    return 0;
}
