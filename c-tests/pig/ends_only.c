/* Large blocks of any size of which only the ends are used, taken and freed in turns: how much of them is used is looked
 * at ever more rarely, since each page that is read before it is written costs two faults. */
/* needs: pigalloc */
#include "faults.h"

enum { SLOTS = 128, TURNS = 40000, LEARNT = 5000, MOST_FAULTS = 4900, LEAST = 66 * 1024, SPREAD = 200 * 1024 };

int main(void)
{
    static char *blocks[SLOTS];
    unsigned long state = 9;
    long first = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        if (turn == LEARNT)
            first = page_faults();
        size_t which = next_random(&state) % SLOTS, size = LEAST + next_random(&state) % SPREAD;
        free(blocks[which]);
        CHECK((blocks[which] = malloc(size)) != NULL);
        blocks[which][0] = blocks[which][size - 1] = 1;
    }
    long later = page_faults() - first;
    printf("%ld faults in %d later turns\n", later, TURNS - LEARNT);
    CHECK_AT_MOST(later, MOST_FAULTS);
    return 0;
}
