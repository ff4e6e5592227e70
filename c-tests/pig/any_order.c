/* A program that builds up the same amount again and again, and frees it in any order, has it soon without a fault: pages of
 * slabs that go back just before the whole slabs do have gone in vain. Nor does it take much more where the sizes
 * change: the blocks that stay in magazines are spread over all slabs, and must not keep these for sizes that have gone. */
/* needs: pigalloc */
/* cases: alike phases */
#include "faults.h"

enum { BURST = 24 * MIB, BURSTS = 16, LEARNT = 8, ROUNDS = 4, MOST = BURST / 48 };

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

static void go_through_phases(void)
{
    static const size_t LEAST[] = {48, 200, 700, 3000, 12000, 40000};
    size_t before = resident_kib(), most = 0;
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < sizeof LEAST / sizeof *LEAST; i++) {
            burst(LEAST[i], 2 * LEAST[i] - 1);
            size_t now = resident_kib() - before;
            most = now > most ? now : most;
        }
    printf("%zu MiB at most\n", most / KIB);
    CHECK_AT_MOST(most * KIB, BURST * 5 / 2);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "phases") == 0) {
        go_through_phases();
        return 0;
    }
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
