/* Zeroed blocks of less than 256 KiB with next to nothing in them, taken and freed in turns by two threads: to take their
 * old pages away, or what is behind their ends, would interrupt both threads each time. */
/* needs: pigalloc */
#include "pig/advice.h"
#include "pig/beside.h"

enum { SLOTS = 64, TURNS = 4000, LEAST = 60 * 1024, MOST_CALLS = TURNS / 2 };

static void take_and_free(unsigned long state)
{
    static _Thread_local char *blocks[SLOTS];
    for (int turn = 0; turn < TURNS; turn++) {
        size_t which = next_random(&state) % SLOTS, size = LEAST + next_random(&state) % LEAST;
        free(blocks[which]);
        CHECK((blocks[which] = calloc(1, size)) != NULL);
        CHECK(blocks[which][size / 2] == 0);
        blocks[which][size / 2] = 1;
    }
}

int main(void)
{
    watch_advice();
    work_beside(take_and_free);
    printf("%d calls in %d turns\n", advice_calls, 2 * TURNS);
    CHECK_AT_MOST(advice_calls, MOST_CALLS);
    return 0;
}
