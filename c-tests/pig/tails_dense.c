/* What is behind the ends of large blocks on huge pages is resident with those. Once the pages are broken up it is not taken for
 * absent: it goes back where other such blocks take their places. */
/* needs: pigalloc */
#include "faults.h"
#include <pigalloc.h>

enum { COUNT_OF = 1600, SIZE = 196 * KIB, STEP = 8, ROUNDS = 3 };

static char *blocks[COUNT_OF];

static void take(int i)
{
    CHECK((blocks[i] = malloc(SIZE)) != NULL);
    touch(blocks[i], SIZE);
}

int main(void)
{
    need_huge_pages(6, 1);
    size_t base = resident_kib();
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < COUNT_OF; i++)
            take(i);
        for (int i = 0; i < COUNT_OF; i++)
            free(blocks[i]);
    }
    pig_purge();
    for (int i = 0; i < COUNT_OF; i++)
        take(i);
    for (int i = 0; i < COUNT_OF; i += STEP)
        free(blocks[i]);
    pig_purge();
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < COUNT_OF; i++)
            if (i % STEP > 1) {
                free(blocks[i]);
                take(i);
            }
    size_t live = (size_t)COUNT_OF / STEP * (STEP - 1) * SIZE / KIB, resident = resident_kib() - base;
    printf("%zu KiB live, %zu resident\n", live, resident);
    CHECK_AT_MOST(resident, live / 100 * 125);
    return 0;
}
