/* A program that builds up the same amount again and again, and frees it in any order, has it soon without a fault: pages of
 * slabs that go back just before the whole slabs do have gone in vain. */
/* needs: pigalloc */
#include "faults.h"

enum { BURST = 24 * MIB, BURSTS = 16, LEARNT = 8, MOST = BURST / 300 };

static char *blocks[MOST];
static unsigned long state = 5;

static void burst(size_t low, size_t high)
{
    size_t count = 0;
    for (size_t made = 0; made < BURST; count++) {
        size_t size = low + next_random(&state) % (high - low + 1);
        CHECK(count < MOST && (blocks[count] = malloc(size)) != NULL);
        memset(blocks[count], 1, size);
        made += size;
    }
    for (size_t left = count; left > 0; left--) {
        size_t which = next_random(&state) % left;
        free(blocks[which]);
        blocks[which] = blocks[left - 1];
    }
}

int main(void)
{
    static const size_t SIZES[][2] = {{2000, 2000}, {400, 6000}, {5000, 12000}, {33 * KIB, 64 * KIB}};
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        long first = 0;
        for (int time = 0; time < BURSTS; time++) {
            if (time == LEARNT)
                first = page_faults();
            burst(SIZES[i][0], SIZES[i][1]);
        }
        long each = (page_faults() - first) / (BURSTS - LEARNT);
        printf("%zu to %zu bytes: %ld faults in each later burst\n", SIZES[i][0], SIZES[i][1], each);
        CHECK_AT_MOST(each, BURST / (4 * KIB) / 16);
    }
    return 0;
}
