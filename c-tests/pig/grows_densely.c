/* A heap of a few MiB that grows takes little more than what is in use: a huge page comes when a region is full. */
/* needs: pigalloc */
#include "test.h"

enum { SIZE = 96, MOST = (3 << 20) / SIZE, STEP = 2000 };

int main(void)
{
    size_t before = resident_kib();
    for (size_t i = 1; i <= MOST; i++) {
        void *block = malloc(SIZE);
        CHECK(block != NULL);
        memset(hide(block), 1, SIZE);
        if (i % STEP == 0)
            CHECK_AT_MOST(resident_kib(), before + i * SIZE / KIB * 5 / 4 + KIB);
    }
    return 0;
}
