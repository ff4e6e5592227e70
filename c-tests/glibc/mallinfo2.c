/* mallinfo2 tells real numbers: bytes in use rise by what is allocated and fall when it is freed, small and
 * large. */
#include "test.h"

static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    CHECK(info.arena + info.hblkhd >= info.uordblks);
    return info.uordblks + info.hblkhd;
}

int main(void)
{
    static const size_t sizes[] = {24, 100, 1000, 10000, 60000, 100000, 1 * MIB, 40 * MIB};
    static void *blocks[600000];
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t n = 12 * MIB / sizes[i] + 1, before = in_use(), total = 0;
        for (size_t j = 0; j < n; j++) {
            blocks[j] = malloc(sizes[i]);
            CHECK(blocks[j] != NULL);
            total += malloc_usable_size(blocks[j]);
        }
        size_t during = in_use();
        CHECK(during >= before + total - total / 50);
        CHECK_AT_MOST(during, before + total + total / 2 + 512 * KIB);
        for (size_t j = 0; j < n; j++)
            free(blocks[j]);
        CHECK_AT_MOST(in_use(), before + 256 * KIB);
    }
    return 0;
}
