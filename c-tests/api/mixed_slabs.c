/* Blocks that come to stand in the holes of another size keep what is written to them, have the usable size
 * and the alignment that was asked for, move, and come back. */
/* needs: pigalloc */
#include "mixed.h"
#include <malloc.h>

int main(void)
{
    make_mixed();
    CHECK(find_mixed() < OTHERS);
    for (size_t i = 0; i < SMALLS; i++)
        CHECK(smalls[i] == NULL || is_intact(smalls[i], SMALL_SIZE));
    for (size_t i = 0; i < OTHERS; i++) {
        CHECK(is_intact(others[i], OTHER_SIZE));
        CHECK(malloc_usable_size(others[i]) >= OTHER_SIZE && malloc_usable_size(others[i]) < 240);
    }
    for (size_t i = 0; i < 3000; i++) {
        size_t align = (size_t)32 << (i % 6);
        char *block = aligned_alloc(align, 1 + i % 900);
        CHECK(block != NULL && (uintptr_t)block % align == 0);
        memset(block, 1, 1 + i % 900);
    }
    for (size_t i = 0; i < OTHERS; i += 2) {
        unsigned seed = seed_of(others[i]);
        unsigned char *moved = realloc(others[i], 700);
        CHECK(moved != NULL && holds(moved, OTHER_SIZE, seed));
        free(moved);
    }
    for (size_t i = 1; i < OTHERS; i += 2) {
        CHECK(is_intact(others[i], OTHER_SIZE));
        free(others[i]);
    }
    for (size_t i = 0; i < SMALLS; i++) {
        CHECK(smalls[i] == NULL || is_intact(smalls[i], SMALL_SIZE));
        free(smalls[i]);
    }
    return 0;
}
