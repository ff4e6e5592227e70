/* pig_purge gives free memory back at once and tells how many bytes. */
/* needs: pigalloc */
#include "test.h"
#include <pigalloc.h>

int main(void)
{
    enum { N = 100000 };
    static void *blocks[N];
    size_t before = resident_kib();
    for (size_t i = 0; i < N; i++) {
        blocks[i] = malloc(1000);
        CHECK(blocks[i] != NULL);
        touch(blocks[i], 1000);
    }
    for (size_t i = 0; i < N; i++)
        free(blocks[i]);
    size_t kept = resident_kib(), returned = pig_purge();
    CHECK_AT_MOST(resident_kib(), before + 4 * KIB);
    CHECK(kept < before + 8 * KIB || returned >= (kept - resident_kib()) * KIB / 2);
    CHECK(pig_purge() <= 1 * MIB);
    return 0;
}
