/* posix_memalign takes powers of two that are multiples of sizeof(void *), and says EINVAL to all else by
 * its return value, without a word in errno; a failure leaves the caller's pointer alone. */
#include "test.h"

int main(void)
{
    static const size_t wrong[] = {0, 1, 2, 3, 4, 7, 9, 12, 15, 17, 24, 48, 100,
                                   4095, 4097, 3 * 4096, SIZE_MAX, SIZE_MAX / 2};
    int mark;
    void *block = &mark;
    errno = 1234;
    for (size_t i = 0; i < COUNT(wrong); i++)
        CHECK(posix_memalign(&block, hide_size(wrong[i]), 64) == EINVAL);
    CHECK(block == &mark);
    CHECK(errno == 1234);
    for (size_t alignment = sizeof(void *); alignment <= MIB; alignment *= 2) {
        CHECK(posix_memalign(&block, alignment, 100) == 0);
        CHECK(block != NULL && is_aligned(block, alignment));
        free(block);
    }
    CHECK(errno == 1234);
    return 0;
}
