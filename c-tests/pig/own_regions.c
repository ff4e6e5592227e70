/* Large heaps that grow at the same time each take whole huge pages, and do not meet in them. */
/* needs: pigalloc */
#include "pig/beside.h"

enum { SIZE = 1000, BLOCKS = 48 << 10, TURN = 16, LATER = BLOCKS / 2, REGION = 2 << 20, MOST = 1 << 12 };

static char *blocks[2][BLOCKS];
static pthread_barrier_t turn;

/* By turns of a few blocks, so that neither is ahead. */
static void grow(unsigned long state)
{
    char **mine = blocks[state == 7];
    for (int i = 0; i < BLOCKS; i++) {
        if (i % TURN == 0)
            pthread_barrier_wait(&turn);
        CHECK((mine[i] = malloc(SIZE)) != NULL);
        mine[i][0] = 1;
    }
}

int main(void)
{
    static unsigned char users[MOST];
    size_t shared = 0, all = 0;
    CHECK(pthread_barrier_init(&turn, NULL, 2) == 0);
    work_beside(grow);
    uintptr_t lowest = UINTPTR_MAX;
    for (int t = 0; t < 2; t++)
        for (int i = LATER; i < BLOCKS; i++)
            if ((uintptr_t)blocks[t][i] < lowest)
                lowest = (uintptr_t)blocks[t][i];
    lowest -= lowest % REGION;
    for (int t = 0; t < 2; t++)
        for (int i = LATER; i < BLOCKS; i++) {
            size_t region = ((uintptr_t)blocks[t][i] - lowest) / REGION;
            CHECK(region < MOST);
            users[region] |= 1 << t;
        }
    for (size_t i = 0; i < MOST; i++) {
        all += users[i] != 0;
        shared += users[i] == 3;
    }
    CHECK(all >= 2 * SIZE * (size_t)(BLOCKS - LATER) / REGION);
    CHECK(shared <= 2);
    return 0;
}
