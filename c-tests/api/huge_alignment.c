/* Alignments up to 512 MiB work, for small blocks and large ones, and cost address space only. */
#include "test.h"

int main(void)
{
    size_t before = resident_kib();
    for (size_t alignment = MIB; alignment <= 512 * MIB; alignment *= 2) {
        char *small = memalign(hide_size(alignment), 10);
        char *large = aligned_alloc(hide_size(alignment), 3 * MIB + 5);
        void *other = NULL;
        CHECK(posix_memalign(&other, alignment, 100000) == 0);
        CHECK(small != NULL && large != NULL && other != NULL);
        CHECK(is_aligned(small, alignment) && is_aligned(large, alignment) && is_aligned(other, alignment));
        fill(small, 10, 1);
        large[0] = large[3 * MIB + 4] = 2;
        fill(other, 100000, 3);
        CHECK(holds(small, 10, 1) && holds(other, 100000, 3) && large[0] == 2 && large[3 * MIB + 4] == 2);
        large = realloc(large, 5 * MIB);
        CHECK(large != NULL && large[0] == 2 && large[3 * MIB + 4] == 2);
        free(small);
        free(large);
        free(other);
    }
    CHECK_AT_MOST(resident_kib(), before + 32 * KIB);
    return 0;
}
