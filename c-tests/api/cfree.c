/* cfree, which old programs call by its old version, is free. */
#include "test.h"

void cfree(void *block);
__asm__(".symver cfree, cfree@GLIBC_2.2.5");

int main(void)
{
    size_t before = resident_kib();
    for (size_t i = 0; i < 20000; i++) {
        void *block = malloc(i * 3 + 1);
        CHECK(block != NULL);
        touch(block, i * 3 + 1);
        cfree(block);
    }
    cfree(NULL);
    CHECK_AT_MOST(resident_kib(), before + 16 * KIB);
    return 0;
}
