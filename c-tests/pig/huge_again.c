/* A huge block's memory waits for the next one where a program asks for about as much as it has just freed; it goes back
 * where it does not, when somebody purges, and with time. */
/* needs: pigalloc */
/* cases: in_turns in_pairs other_sizes zeroed purged idle forked */
#include "faults.h"
#include "stats.h"

enum { ROUNDS = 10, PROVE = 3 };
static const size_t SIZE = 300 * MIB, STEP = 256 * KIB, PAGE = 64 * KIB;

static unsigned char *filled(size_t size, int round)
{
    unsigned char *block = malloc(size);
    CHECK(block != NULL && malloc_usable_size(block) >= size);
    for (size_t at = 0; at < size; at += PAGE)
        block[at] = (unsigned char)(at / PAGE + round);
    block[size - 1] = 1;
    return block;
}

static void drop(unsigned char *block, size_t size, int round)
{
    for (size_t at = 0; at < size; at += PAGE)
        CHECK(block[at] == (unsigned char)(at / PAGE + round));
    free(block);
}

/* Shows that what is freed is soon asked for again, about; the last one is free. */
static void prove(void)
{
    for (int i = 0; i < PROVE; i++)
        drop(filled(SIZE, i), SIZE, i);
}

/* Sizes differ a little, and blocks overlap in time, or not. */
static void again(bool in_pairs)
{
    unsigned char *last = NULL;
    long first = 0, faults = page_faults();
    for (int i = 0; i < ROUNDS; i++) {
        size_t before = SIZE + (size_t)((i + 3) % 4) * STEP;
        unsigned char *block = filled(SIZE + (size_t)(i % 4) * STEP, i);
        if (in_pairs && last != NULL)
            drop(last, before, i - 1);
        if (in_pairs)
            last = block;
        else
            drop(block, SIZE + (size_t)(i % 4) * STEP, i);
        if (i == PROVE)
            first = page_faults() - faults;
    }
    free(last);
    /* The rest comes with next to none. */
    CHECK_AT_MOST(page_faults() - faults - first, first / PROVE);
}

static size_t kept(void) { return all_stats().dirty_bytes; }

/* Small blocks, more than stay at hand when they are freed, until nothing is kept. */
static void work_on(void)
{
    static void *small[20000];
    while (kept() >= SIZE) {
        for (size_t i = 0; i < COUNT(small); i++)
            CHECK((small[i] = malloc(500)) != NULL);
        for (size_t i = 0; i < COUNT(small); i++)
            free(small[i]);
        sleep_ms(10);
    }
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    size_t before = resident_kib();
    if (strcmp(argv[1], "in_turns") == 0 || strcmp(argv[1], "in_pairs") == 0)
        return again(strcmp(argv[1], "in_pairs") == 0), 0;
    prove();
    CHECK(all_stats().huge_bytes == 0 && kept() >= SIZE);
    size_t most = 8 * KIB;
    if (strcmp(argv[1], "other_sizes") == 0) {
        /* It goes before anything else comes. */
        drop(filled(2 * SIZE, 1), 2 * SIZE, 1);
        struct rusage used;
        CHECK(getrusage(RUSAGE_SELF, &used) == 0);
        CHECK_AT_MOST((size_t)used.ru_maxrss - before, 2 * SIZE / KIB + most);
    } else if (strcmp(argv[1], "zeroed") == 0) {
        unsigned char *block = calloc(1, SIZE);
        CHECK(block != NULL);
        CHECK_AT_MOST(resident_kib() - before, most);
        for (size_t at = 0; at < SIZE; at += PAGE)
            CHECK(block[at] == 0);
        free(block);
    } else if (strcmp(argv[1], "purged") == 0) {
        CHECK(pig_purge() >= SIZE);
    } else if (strcmp(argv[1], "idle") == 0) {
        work_on();
        most += 16 * MIB / KIB;
    } else {
        pid_t child = fork();
        if (child == 0) {
            prove();
            CHECK(pig_purge() >= SIZE);
            CHECK_AT_MOST(resident_kib(), before + most);
            quit(0, "", 0, "");
        }
        prove();
        wait_ok(child);
        CHECK(pig_purge() >= SIZE);
    }
    CHECK_AT_MOST(resident_kib() - before, most);
    return 0;
}
