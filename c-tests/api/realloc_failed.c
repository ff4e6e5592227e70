/* A realloc that fails returns NULL with ENOMEM and leaves the block and its content as they were. */
#include "test.h"
#include <sys/resource.h>

static void fails(void *block, size_t size)
{
    errno = 0;
    CHECK(realloc(hide(block), hide_size(size)) == NULL);
    CHECK(errno == ENOMEM);
}

int main(void)
{
    static const size_t sizes[] = {1, 24, 1000, 5000, 40000, 200000, 48 * MIB};
    struct rlimit limit = {768 * MIB, 768 * MIB};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        void *block = malloc(sizes[i]);
        CHECK(block != NULL);
        fill(block, sizes[i], (unsigned)i);
        fails(block, (size_t)PTRDIFF_MAX + 1);
        fails(block, SIZE_MAX);
        fails(block, PTRDIFF_MAX);
        fails(block, 4 * GIB);
        errno = 0;
        CHECK(reallocarray(block, hide_size(SIZE_MAX / 2), 3) == NULL && errno == ENOMEM);
        CHECK(holds(block, sizes[i], (unsigned)i));
        CHECK(malloc_usable_size(block) >= sizes[i]);
        free(block);
    }
    return 0;
}
