/* Every block is 16-aligned, small ones too: a movaps store into it does not fault. */
#include "test.h"
#include <emmintrin.h>

int main(void)
{
    static void *kept[3000 * 3];
    size_t n = 0;
    for (size_t size = 0; size < 3000; size++) {
        kept[n++] = malloc(hide_size(size));
        kept[n++] = calloc(1, hide_size(size));
        kept[n++] = realloc(malloc(size / 2 + 1), size + 1);
        for (size_t i = n - 3; i < n; i++) {
            CHECK(kept[i] != NULL && is_aligned(kept[i], 16));
            if (size >= 16)
                _mm_store_si128(kept[i], _mm_set1_epi8(7));
        }
    }
    while (n > 0)
        free(kept[--n]);
    for (size_t size = 3000; size < 8 * MIB; size = size * 5 / 4) {
        void *block = malloc(size);
        CHECK(block != NULL && is_aligned(block, 16));
        _mm_store_si128(block, _mm_set1_epi8(7));
        free(block);
    }
    return 0;
}
