/* Who opens and closes slabs goes on with their memory, where there are several threads each with that of its own, and no
 * more of it is held back than is good. */
/* needs: pigalloc */
/* cases: alone own bounded trimmed ended */
#include "pig/stats.h"

enum { SIZE = 4000, BLOCKS = 400, ROUNDS = 60, WARM = 20, MANY = 10000, UNIT = 65536, LOOKS = 2000, LEFT = 768 * KIB };

static pthread_barrier_t turn;
static void *blocks[2][BLOCKS];

static void take(void **all, int count)
{
    for (int i = 0; i < count; i++) {
        CHECK((all[i] = malloc(SIZE)) != NULL);
        *(char *)all[i] = 1;
    }
}

static void drop(void **all, int count)
{
    for (int i = 0; i < count; i++)
        free(hide(all[i]));
}

static int is_among(uintptr_t unit, const uintptr_t *units, int count)
{
    for (int i = 0; i < count; i++)
        if (units[i] == unit)
            return 1;
    return 0;
}

/* Both have given all back, and take as much again, the other one first each time: how many blocks stand where the other's
 * stood. */
static void *in_turns(void *number)
{
    size_t mine = (size_t)number, taken = 0;
    static uintptr_t units[2][BLOCKS];
    earn_heap();
    for (size_t round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&turn);
        if (round % 2 == mine)
            take(blocks[mine], BLOCKS);
        pthread_barrier_wait(&turn);
        if (round % 2 != mine)
            take(blocks[mine], BLOCKS);
        pthread_barrier_wait(&turn);
        for (int i = 0; i < BLOCKS && round > WARM; i++)
            taken += (size_t)is_among((uintptr_t)blocks[mine][i] / UNIT, units[1 - mine], BLOCKS);
        pthread_barrier_wait(&turn);
        for (int i = 0; i < BLOCKS; i++)
            units[mine][i] = (uintptr_t)blocks[mine][i] / UNIT;
        drop(blocks[mine], BLOCKS);
    }
    CHECK_AT_MOST(taken, BLOCKS);
    return NULL;
}

static void own(void)
{
    pthread_barrier_init(&turn, NULL, 2);
    pthread_t other = start(in_turns, (void *)1);
    in_turns((void *)0);
    finish(other);
}

static size_t set_aside(void) { return all_stats().slab_free_bytes; }

static void alone(void)
{
    earn_heap();
    size_t before = set_aside();
    take(blocks[0], BLOCKS);
    drop(blocks[0], BLOCKS);
    CHECK(set_aside() >= before + MIB);
    CHECK_AT_MOST(set_aside(), before + 3 * MIB);
    pig_purge();
    CHECK_AT_MOST(set_aside(), before + LEFT);
}

static void *grow_and_shrink(void *waits)
{
    static void *many[MANY];
    earn_heap();
    take(many, MANY);
    drop(many, MANY);
    if (waits != NULL) {
        pthread_barrier_wait(&turn);
        pthread_barrier_wait(&turn);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    if (strcmp(argv[1], "own") == 0) {
        own();
        return 0;
    }
    if (strcmp(argv[1], "alone") == 0) {
        alone();
        return 0;
    }
    int ends = strcmp(argv[1], "ended") == 0;
    pthread_barrier_init(&turn, NULL, 2);
    earn_heap();
    size_t before = set_aside();
    pthread_t thread = start(grow_and_shrink, ends ? NULL : &turn);
    if (ends)
        finish(thread);
    else
        pthread_barrier_wait(&turn);
    /* 2 MiB, and what magazines keep of slabs. */
    CHECK_AT_MOST(set_aside(), before + 3 * MIB);
    if (strcmp(argv[1], "trimmed") == 0)
        pig_purge();
    if (ends) {
        /* What a dead thread's heap holds goes back at the ticks of whoever works. */
        CHECK(pig_option_set("DECAY_MS", 20) == 0);
        work_until(set_aside, before + LEFT, LOOKS);
    }
    if (strcmp(argv[1], "bounded") != 0)
        CHECK_AT_MOST(set_aside(), before + LEFT);
    if (!ends) {
        pthread_barrier_wait(&turn);
        finish(thread);
    }
    return 0;
}
