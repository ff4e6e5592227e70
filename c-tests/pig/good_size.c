/* pig_good_size is the usable size that malloc would give, wastes at most a fifth, a ninth from 512
 * bytes on, and is 0 for what cannot be. */
/* needs: pigalloc */
#include "test.h"
#include <pigalloc.h>

int main(void)
{
    for (size_t size = 0; size < 70 * MIB; size += size < 70000 ? 1 : size / 7) {
        size_t good = pig_good_size(size);
        void *block = malloc(size);
        CHECK(block != NULL && malloc_usable_size(block) == good && good >= size);
        CHECK(size < 128 || good - size <= good / (size > 512 ? 9 : 5) + 16);
        CHECK(pig_good_size(good) == good);
        free(block);
    }
    CHECK(pig_good_size((size_t)PTRDIFF_MAX + 1) == 0 && pig_good_size(SIZE_MAX) == 0);
    return 0;
}
