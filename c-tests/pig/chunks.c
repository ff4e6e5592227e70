/* Chunks a little above a power of two, taken, filled and freed all together again and again: soon without a fault,
 * though what the last one freed is beyond what the process had when it first looked back. */
/* needs: pigalloc */
#include "faults.h"

enum { CHUNKS = 320, BURSTS = 24, LEARNT = 16, SIZE = 64 * KIB };

static char *chunks[CHUNKS];

static void burst(size_t size)
{
    for (int i = 0; i < CHUNKS; i++) {
        CHECK((chunks[i] = malloc(size + 32)) != NULL);
        for (size_t at = 0; at < size; at += 4 * KIB)
            chunks[i][at] = 1;
    }
    for (int i = 0; i < CHUNKS; i++)
        free(chunks[i]);
}

int main(void)
{
    for (size_t size = SIZE; size <= 2 * SIZE; size += SIZE) {
        long first = 0;
        for (int time = 0; time < BURSTS; time++) {
            if (time == LEARNT)
                first = page_faults();
            burst(size);
        }
        long each = (page_faults() - first) / (BURSTS - LEARNT);
        printf("%zu KiB and a header: %ld faults in each later burst\n", size / KIB, each);
        CHECK_AT_MOST(each, CHUNKS * SIZE / (4 * KIB) / 64);
    }
    return 0;
}
