/* cfree, which old programs call by its old version, is free. */
#include "test.h"
#include <dlfcn.h>

int main(void)
{
    void (*old_free)(void *) = (void (*)(void *))dlvsym(RTLD_DEFAULT, "cfree", "GLIBC_2.2.5");
    CHECK(old_free != NULL);
    size_t before = resident_kib();
    for (size_t i = 0; i < 20000; i++) {
        void *block = malloc(i * 3 + 1);
        CHECK(block != NULL);
        touch(block, i * 3 + 1);
        old_free(block);
    }
    old_free(NULL);
    CHECK_AT_MOST(resident_kib(), before + 16 * KIB);
    return 0;
}
