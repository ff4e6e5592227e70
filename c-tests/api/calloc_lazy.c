/* An untouched calloc of 1 GiB costs no memory, fresh or after a dirty block of that size was freed. */
#include "test.h"

int main(void)
{
    size_t before = resident_kib();
    for (int round = 0; round < 3; round++) {
        unsigned char *block = calloc(hide_size(GIB / 8), 8);
        CHECK(block != NULL);
        CHECK_AT_MOST(resident_kib(), before + 4 * KIB);
        for (size_t i = 0; i < GIB; i += 128 * MIB + 4096) {
            CHECK(block[i] == 0);
            block[i] = 1;
        }
        free(block);
    }
    return 0;
}
