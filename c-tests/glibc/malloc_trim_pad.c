/* malloc_trim with a pad keeps working memory usable: it returns 0 or 1 and live blocks stay as they are. */
#include "test.h"

int main(void)
{
    enum { N = 2000 };
    static void *blocks[N];
    static const size_t pads[] = {0, 1, 4096, 1 << 20, 1 << 30, SIZE_MAX / 4};
    for (size_t round = 0; round < COUNT(pads); round++) {
        for (size_t i = 0; i < N; i++) {
            blocks[i] = malloc(i * 10 + 1);
            CHECK(blocks[i] != NULL);
            fill(blocks[i], i * 10 + 1, (unsigned)i);
        }
        for (size_t i = 0; i < N; i += 2)
            free(blocks[i]);
        int returned = malloc_trim(hide_size(pads[round]));
        CHECK(returned == 0 || returned == 1);
        for (size_t i = 1; i < N; i += 2) {
            CHECK(holds(blocks[i], i * 10 + 1, (unsigned)i));
            free(blocks[i]);
        }
    }
    return 0;
}
