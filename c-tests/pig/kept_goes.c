/* What a thread keeps of large blocks goes back: when less is in use, at the ticks of whoever works, when the thread has ended. */
/* needs: pigalloc */
/* cases: shrunk awake ended */
/* env: PIGALLOC_DECAY_MS=3600000 */
#include "pig/stats.h"

enum { LIVE = 600, STEPS = 20000, FEW = 8, UNIT = 64 * KIB, SPARE = 512 * KIB, LOOKS = 2000, DECAY_MS = 20 };

static void *blocks[LIVE];
static pthread_barrier_t turn;
static int done;

static size_t cached(void) { return all_stats().cached_bytes; }

/* Replaces random blocks of so many, of `most` lengths from two units on. */
static void replace(int live, unsigned long most)
{
    unsigned long state = 4711;
    for (int step = 0; step < STEPS; step++) {
        int i = (int)(next_random(&state) % (unsigned long)live);
        free(blocks[i]);
        blocks[i] = malloc(UNIT + 1000 + next_random(&state) % most * UNIT);
        CHECK(blocks[i] != NULL);
    }
}

static void free_all(int live)
{
    for (int i = 0; i < live; i++)
        free(blocks[i]);
}

/* A sixteenth of what is in use may be kept, and not of what has been. */
static void shrunk(void)
{
    size_t before = cached();
    replace(LIVE, 30);
    CHECK(cached() > before + 8 * MIB);
    free_all(LIVE);
    CHECK_AT_MOST(cached(), before + 7 * MIB);
}

static void *keeper(void *kind)
{
    earn_heap();
    replace(FEW, 10);
    free_all(FEW);
    pthread_barrier_wait(&turn);
    if (strcmp(kind, "ended") == 0)
        return NULL;
    pthread_barrier_wait(&turn);
    /* Now and then a look at the clock, long after others had theirs, and large blocks that are not kept. */
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
        sleep_ms(10 * DECAY_MS + 3);
        for (int i = 0; i < 16; i++)
            free(hide(malloc(5 * MIB)));
    }
    return NULL;
}

/* Others take the ticks. */
static void beside(const char *kind)
{
    size_t before = cached();
    CHECK(pthread_barrier_init(&turn, NULL, 2) == 0);
    pthread_t thread = start(keeper, (void *)kind);
    pthread_barrier_wait(&turn);
    CHECK(cached() > before + SPARE);
    CHECK(pig_option_set("DECAY_MS", DECAY_MS) == 0);
    if (strcmp(kind, "ended") == 0)
        finish(thread);
    else
        pthread_barrier_wait(&turn);
    work_until(cached, before + SPARE, LOOKS);
    CHECK_AT_MOST(cached(), before + SPARE);
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    if (strcmp(kind, "ended") != 0)
        finish(thread);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    earn_heap();
    if (strcmp(argv[1], "shrunk") == 0)
        shrunk();
    else
        beside(argv[1]);
    return 0;
}
