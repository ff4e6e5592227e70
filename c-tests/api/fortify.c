/* malloc_usable_size agrees with what _FORTIFY_SOURCE=3 assumes for code that asks first: the object that
 * the compiler sees is never larger than the usable size, and memset over a block grown to its usable size
 * is not stopped. */
/* cflags: -O2 -fbuiltin -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 */
#include "test.h"

/* Tells the compiler that the block is as large as the allocator says. */
__attribute__((alloc_size(2), noinline)) static void *grown(void *block, size_t usable)
{
    (void)usable;
    return hide(block);
}

int main(void)
{
    for (size_t size = 1; size < 3 * MIB; size = size * 3 / 2 + 1) {
        void *block = malloc(hide_size(size));
        CHECK(block != NULL);
        CHECK(__builtin_dynamic_object_size(block, 0) <= malloc_usable_size(block));
        size_t usable = malloc_usable_size(block);
        char *all = grown(block, usable);
        CHECK(__builtin_dynamic_object_size(all, 0) == usable);
        memset(all, 7, usable);
        CHECK(all[usable - 1] == 7);
        memset(realloc(hide(all), usable), 8, usable);
        char *array = calloc(hide_size(size), 3);
        CHECK(array != NULL && __builtin_dynamic_object_size(array, 0) <= malloc_usable_size(array));
        memset(array, 9, hide_size(size) * 3);
        free(hide(array));
        malloc_trim(0);
    }
    return 0;
}
