/* A realloc that fails returns NULL with ENOMEM and leaves the block and its content as they were. */
#include "test.h"
#include "limits/limit.h"

static void fails(void *block, size_t size)
{
    errno = 0;
    CHECK(realloc(hide(block), hide_size(size)) == NULL);
    CHECK(errno == ENOMEM);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {1, 24, 1000, 5000, 40000, 200000, 48 * MIB};
    CHECK(argc == 1);
    start_limited(RLIMIT_AS, 768 * MIB, argv);
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
