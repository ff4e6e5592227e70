/* A program that builds 12 MB up and drops all of it, in the order in which it was built, again and again, does so without
 * a fault once that is known. */
/* needs: pigalloc */
/* env: PIGALLOC_DECAY_MS=3600000 */
#include "faults.h"

enum { BLOCKS = 40000, SIZE = 300, BURSTS = 40, LEARNT = 20, FAULTS_MOST = BURSTS - LEARNT };

static char *blocks[BLOCKS];

static void burst(void)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        CHECK((blocks[i] = malloc(SIZE)) != NULL);
        blocks[i][0] = 1;
    }
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
}

int main(void)
{
    long first = 0;
    for (int time = 0; time < BURSTS; time++) {
        if (time == LEARNT)
            first = page_faults();
        burst();
    }
    CHECK_AT_MOST(page_faults() - first, FAULTS_MOST);
    return 0;
}
