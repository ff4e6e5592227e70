/* realloc(p, 0) frees p and returns NULL: a loop of it does not grow the process. */
#include "test.h"

int main(void)
{
    static const size_t sizes[] = {24, 5000, 60000, 300000, 40 * MIB};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t before = resident_kib();
        for (size_t total = 0; total < 1 * GIB; total += sizes[i] < 5000 ? 5000 : sizes[i]) {
            char *block = malloc(sizes[i]);
            CHECK(block != NULL);
            block[0] = block[sizes[i] - 1] = 1;
            CHECK(realloc(block, hide_size(0)) == NULL);
        }
        CHECK_AT_MOST(resident_kib(), before + 8 * KIB);
    }
    return 0;
}
