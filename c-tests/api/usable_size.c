/* malloc_usable_size(NULL) is 0; else it is at least the request, all of it can be written without harm to
 * the neighbours, all of it is kept by realloc, and any thread may ask. */
#include "test.h"

static void *ask(void *block)
{
    return (void *)malloc_usable_size(block);
}

int main(void)
{
    enum { N = 40 };
    CHECK(malloc_usable_size(NULL) == 0);
    for (size_t size = 0; size < 40 * MIB; size = size * 3 / 2 + 1) {
        size_t many = size < 100000 ? N : 3;
        void *blocks[N];
        for (size_t i = 0; i < many; i++) {
            blocks[i] = malloc(size);
            CHECK(blocks[i] != NULL && malloc_usable_size(blocks[i]) >= size);
            fill(blocks[i], malloc_usable_size(blocks[i]), (unsigned)i);
        }
        CHECK(finish(start(ask, blocks[0])) == (void *)malloc_usable_size(blocks[0]));
        for (size_t i = 0; i < many; i++) {
            size_t usable = malloc_usable_size(blocks[i]);
            CHECK(holds(blocks[i], usable, (unsigned)i));
            blocks[i] = realloc(blocks[i], usable * 2);
            CHECK(blocks[i] != NULL && holds(blocks[i], usable, (unsigned)i));
        }
        for (size_t i = 0; i < many; i++)
            free(blocks[i]);
    }
    return 0;
}
