/* memalign rounds an alignment that is no power of two up to the next one; above SIZE_MAX / 2 + 1 there is
 * none: EINVAL. */
#include "test.h"

int main(void)
{
    for (size_t alignment = 0; alignment < 5000; alignment += 7) {
        size_t rounded = 1;
        while (rounded < alignment)
            rounded *= 2;
        void *block = memalign(hide_size(alignment), 40);
        CHECK(block != NULL && is_aligned(block, rounded) && is_aligned(block, 16));
        fill(block, 40, 1);
        free(block);
    }
    static const size_t impossible[] = {SIZE_MAX / 2 + 2, SIZE_MAX - 1, SIZE_MAX};
    for (size_t i = 0; i < COUNT(impossible); i++) {
        errno = 0;
        CHECK(memalign(hide_size(impossible[i]), 16) == NULL && errno == EINVAL);
    }
    return 0;
}
