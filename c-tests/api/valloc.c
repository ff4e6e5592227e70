/* valloc is page-aligned; pvalloc also rounds the size up to whole pages, and its usable size says so. */
#include "test.h"

int main(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t size = 0; size < 300000; size = size * 2 + 3) {
        size_t rounded = (size + page - 1) / page * page;
        void *v = valloc(hide_size(size)), *p = pvalloc(hide_size(size));
        CHECK(v != NULL && p != NULL && is_aligned(v, page) && is_aligned(p, page));
        CHECK(malloc_usable_size(v) >= size);
        CHECK(malloc_usable_size(p) >= rounded);
        fill(v, size, 1);
        fill(p, rounded, 2);
        CHECK(holds(v, size, 1) && holds(p, rounded, 2));
        free(v);
        free(p);
    }
    return 0;
}
