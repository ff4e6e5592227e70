/* Blocks a little above a multiple of a unit, taken, filled and freed all together again and again: what is behind the
 * end of each is as little resident as it was the last time, so that it need not be given back anew. */
/* needs: pigalloc */
/* env: PIGALLOC_HUGE=never */
#include "pig/advice.h"

enum { BLOCKS = 320, ROUNDS = 20, LEARNT = 10 };

int main(void)
{
    static char *blocks[BLOCKS];
    watch_advice();
    for (size_t units = 1; units <= 3; units++) {
        size_t size = units * 64 * KIB + 2000;
        int first = 0;
        for (int round = 0; round < ROUNDS; round++) {
            if (round == LEARNT)
                first = advice_calls;
            for (int i = 0; i < BLOCKS; i++)
                touch(blocks[i] = malloc(size), size);
            for (int i = 0; i < BLOCKS; i++)
                free(blocks[i]);
        }
        int later = advice_calls - first;
        printf("%zu bytes: %d calls in %d rounds\n", size, later, ROUNDS - LEARNT);
        CHECK_AT_MOST(later, BLOCKS);
    }
    return 0;
}
