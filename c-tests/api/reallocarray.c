/* BSD's reallocarray is realloc of a product: it keeps content, grows and shrinks, and takes NULL. */
#include "test.h"

int main(void)
{
    unsigned char *block = reallocarray(NULL, hide_size(10), 10);
    CHECK(block != NULL && malloc_usable_size(block) >= 100);
    fill(block, 100, 1);
    block = reallocarray(block, hide_size(1000), 100);
    CHECK(block != NULL && malloc_usable_size(block) >= 100000 && holds(block, 100, 1));
    block = reallocarray(block, hide_size(5), 10);
    CHECK(block != NULL && holds(block, 50, 1));
    errno = 0;
    CHECK(reallocarray(hide(block), hide_size(SIZE_MAX / 4), 8) == NULL && errno == ENOMEM);
    CHECK(holds(block, 50, 1));
    free(block);
    return 0;
}
