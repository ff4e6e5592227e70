/* A heap that shrank, with a few blocks left everywhere, grows again: its memory comes back by huge pages, not by a
 * fault for each small one; and goes back as before. */
/* needs: pigalloc */
#include "faults.h"
#include <pigalloc.h>

enum { N = 60000, SIZE = 1000, KEPT = 1000, PAGES = (size_t)N * SIZE / 4096 };

static void *blocks[N];

static void grow(void)
{
    for (size_t i = 0; i < N; i++)
        if (blocks[i] == NULL) {
            blocks[i] = malloc(SIZE);
            CHECK(blocks[i] != NULL);
            fill(blocks[i], SIZE, (unsigned char)i);
        }
}

static void shrink(void)
{
    for (size_t i = 0; i < N; i++)
        if (i % KEPT != 0) {
            free(blocks[i]);
            blocks[i] = NULL;
        }
    pig_purge();
}

int main(void)
{
    need_huge_pages(6, 1);
    size_t before = resident_kib();
    grow();
    shrink();
    CHECK_AT_MOST(resident_kib(), before + 6 * KIB);
    for (int round = 0; round < 3; round++) {
        long faults = page_faults();
        grow();
        CHECK_AT_MOST(page_faults() - faults, PAGES / 4);
        for (size_t i = 0; i < N; i++)
            CHECK(holds(blocks[i], SIZE, (unsigned char)i));
        shrink();
        CHECK_AT_MOST(resident_kib(), before + 6 * KIB);
    }
    return 0;
}
