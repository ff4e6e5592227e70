/* Two threads that free what they have built up in random order: each call that gives pages back interrupts both, so
 * that there must be few of them, in all while they free and in one tick afterwards; but in the end the pages go back. */
/* needs: pigalloc */
/* env: PIGALLOC_DECAY_MS=60 */
/* cases: all most */
#include "pig/advice.h"
#include "pig/beside.h"

enum { SIZE = 2000, BUILT = 40 * MIB, COUNT_EACH = BUILT / SIZE, KEPT_PART = 16 };
enum { MOST_CALLS = 2 * BUILT / (16 * KIB), MOST_IN_ONE = 1024 + 256, TURNS = 400, HELD = 64 };

static int keeps;

static void build_and_free(unsigned long state)
{
    static _Thread_local char *blocks[COUNT_EACH];
    for (int i = 0; i < COUNT_EACH; i++) {
        CHECK((blocks[i] = malloc(SIZE)) != NULL);
        memset(blocks[i], 1, SIZE);
    }
    pthread_barrier_wait(&beside);
    for (int left = COUNT_EACH; left > (keeps ? COUNT_EACH / KEPT_PART : 0); left--) {
        size_t which = next_random(&state) % (size_t)left;
        free(blocks[which]);
        blocks[which] = blocks[left - 1];
    }
}

/* Allocations that take slow paths, over many ticks. Returns the most calls that one of them made. */
static int go_on(void)
{
    static char *held[HELD];
    unsigned long state = 3;
    int most = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        for (int i = 0; i < HELD; i++) {
            int before = advice_calls;
            free(held[i]);
            CHECK((held[i] = malloc(9000 + next_random(&state) % 30000)) != NULL);
            most = advice_calls - before > most ? advice_calls - before : most;
        }
        sleep_ms(2);
    }
    return most;
}

int main(int argc, char **argv)
{
    keeps = argc > 1 && strcmp(argv[1], "most") == 0;
    size_t before = resident_kib();
    watch_advice();
    work_beside(build_and_free);
    printf("%d calls while freeing\n", advice_calls);
    CHECK_AT_MOST(advice_calls, MOST_CALLS);
    int most = go_on();
    size_t left = resident_kib() - before;
    printf("%d calls at most in one allocation; %zu KiB resident in the end\n", most, left);
    CHECK_AT_MOST(most, MOST_IN_ONE);
    CHECK_AT_MOST(left * KIB, (size_t)BUILT / 2);
    return 0;
}
