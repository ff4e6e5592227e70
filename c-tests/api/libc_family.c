/* __libc_malloc and its family are the same allocator: blocks go from one name to the other. */
#include "test.h"

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void *__libc_valloc(size_t);
void *__libc_pvalloc(size_t);
void __libc_free(void *);

int main(void)
{
    for (size_t size = 1; size < 2 * MIB; size = size * 2 + 1) {
        void *blocks[] = {__libc_malloc(size),       __libc_calloc(1, size),  __libc_realloc(NULL, size),
                          __libc_memalign(64, size), __libc_valloc(size),     __libc_pvalloc(size)};
        CHECK(is_zero(blocks[1], size) && is_aligned(blocks[3], 64));
        CHECK(is_aligned(blocks[4], 4096) && is_aligned(blocks[5], 4096));
        for (size_t i = 0; i < COUNT(blocks); i++) {
            CHECK(blocks[i] != NULL && malloc_usable_size(blocks[i]) >= size);
            fill(blocks[i], size, 9);
            blocks[i] = realloc(blocks[i], size * 2);
            CHECK(blocks[i] != NULL && holds(blocks[i], size, 9));
            free(blocks[i]);
        }
        void *mine = malloc(size);
        CHECK(mine != NULL);
        fill(mine, size, 8);
        mine = __libc_realloc(mine, size * 3);
        CHECK(mine != NULL && holds(mine, size, 8));
        __libc_free(mine);
        __libc_free(NULL);
    }
    return 0;
}
