/* A size or a product above PTRDIFF_MAX is NULL and ENOMEM, whichever function is asked. */
#include "test.h"

#define NO_MEMORY(call) (errno = 0, CHECK((call) == NULL), CHECK(errno == ENOMEM))

int main(void)
{
    static const size_t sizes[] = {(size_t)PTRDIFF_MAX + 1, (size_t)PTRDIFF_MAX + 4096, SIZE_MAX / 2 + 2,
                                   SIZE_MAX - 8192,         SIZE_MAX - 15,              SIZE_MAX};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t size = hide_size(sizes[i]);
        void *block = malloc(10), *out = block;
        NO_MEMORY(malloc(size));
        NO_MEMORY(calloc(size, 1));
        NO_MEMORY(calloc(1, size));
        NO_MEMORY(realloc(NULL, size));
        NO_MEMORY(realloc(hide(block), size));
        NO_MEMORY(aligned_alloc(16, size));
        NO_MEMORY(aligned_alloc(4096, size));
        NO_MEMORY(memalign(64, size));
        NO_MEMORY(valloc(size));
        NO_MEMORY(pvalloc(size));
        NO_MEMORY(reallocarray(hide(block), size, 1));
        CHECK(posix_memalign(&out, 64, size) == ENOMEM && out == block);
        free(block);
    }
    for (size_t bits = 33; bits < 64; bits++) {
        size_t large = hide_size((size_t)1 << bits), other = hide_size((size_t)1 << (64 - bits));
        NO_MEMORY(calloc(large, other));
        NO_MEMORY(calloc(large + 1, other));
        NO_MEMORY(calloc(large / 2, other));
        NO_MEMORY(reallocarray(NULL, large, other));
        NO_MEMORY(reallocarray(NULL, large + 1, other));
    }
    NO_MEMORY(calloc(hide_size(SIZE_MAX), hide_size(SIZE_MAX)));
    return 0;
}
