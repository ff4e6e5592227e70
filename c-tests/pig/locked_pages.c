/* A heap of small blocks that has shrunk to one in each second page, all of it locked, in a process of two threads: the
 * system refuses each call that would give pages back, and few are tried while the heap grows by blocks of another size. */
/* needs: pigalloc */
#include "pig/advice.h"
#include "pig/beside.h"

enum { SMALL = 64, LARGE = 9000, SMALL_BYTES = 160 * MIB, LARGE_COUNT = 1000, PAGE = 4096 };
enum { SLABS = SMALL_BYTES / (64 * KIB), LOOKS = 8 };

int main(void)
{
    static char *blocks[SMALL_BYTES / SMALL];
    work_beside(only_earn_heap);
    for (size_t i = 0; i < COUNT(blocks); i++) {
        CHECK((blocks[i] = malloc(SMALL)) != NULL);
        memset(blocks[i], 1, SMALL);
    }
    if (mlockall(MCL_CURRENT) != 0)
        SKIP("memory cannot be locked");
    watch_advice();
    for (size_t i = 0; i < COUNT(blocks); i++)
        if ((size_t)blocks[i] % (2 * PAGE) / SMALL != 1)
            free(blocks[i]);
    for (int i = 0; i < LARGE_COUNT; i++)
        touch(malloc(LARGE), LARGE);
    printf("%d calls\n", advice_calls);
    CHECK_AT_MOST(advice_calls, LOOKS * SLABS);
    return 0;
}
