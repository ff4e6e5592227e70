/* Large blocks that a thread keeps for the next ones of their length: they are new blocks in every respect, and no
 * more of them are kept than is good. */
/* needs: pigalloc */
/* cases: zeroed resized shorter fewer rare trimmed handed swapped */
#include "pig/stats.h"
#include <malloc.h>

enum { LENGTH = 200000, TIMES = 32, SLOTS = 16, STEPS = 20000, THREADS = 4, HANDED = 500 };

static size_t cached(void) { return all_stats().cached_bytes; }

/* Frees and asks again, until some are kept. */
static void be_kept(void)
{
    void *blocks[SLOTS];
    size_t before = cached();
    for (int i = 0; i < TIMES; i++) {
        for (int slot = 0; slot < SLOTS / 4; slot++) {
            blocks[slot] = malloc(LENGTH);
            CHECK(blocks[slot] != NULL);
            memset(blocks[slot], 0xa5, LENGTH);
        }
        for (int slot = 0; slot < SLOTS / 4; slot++)
            free(blocks[slot]);
    }
    CHECK(cached() >= before + LENGTH);
    /* 6 MiB, and what is in magazines. */
    CHECK_AT_MOST(cached(), before + 7 * MIB);
}

static void zeroed(void)
{
    be_kept();
    for (int i = 0; i < TIMES; i++) {
        unsigned char *block = calloc(1, LENGTH - (size_t)i * 100);
        CHECK(block != NULL && is_zero(block, LENGTH - (size_t)i * 100));
        memset(block, 0xa5, LENGTH - (size_t)i * 100);
        free(block);
    }
}

/* A kept block serves another size of as many units, and says so. */
static void resized(void)
{
    be_kept();
    for (size_t size = LENGTH; size > LENGTH - 3000; size -= 500) {
        unsigned char *block = malloc(size);
        CHECK(block != NULL);
        CHECK(malloc_usable_size(block) >= size && malloc_usable_size(block) < size + 4096);
        fill(block, size, 3);
        block = realloc(block, 3 * size);
        CHECK(block != NULL && holds(block, size, 3));
        block = realloc(block, size / 2);
        CHECK(block != NULL && holds(block, size / 2, 3));
        free(block);
    }
}

/* One serves a size that is shorter by little, and is what it was afterwards. */
static void shorter(void)
{
    enum { LONG = 700000, SHORT = LONG - 64 * KIB };
    char *blocks[2 * SLOTS], *again;
    for (int i = 0; i < TIMES; i++) {
        for (int slot = 0; slot < 4; slot++)
            CHECK((blocks[slot] = malloc(LONG)) != NULL);
        for (int slot = 0; slot < 4; slot++)
            free(blocks[slot]);
    }
    again = malloc(SHORT);
    CHECK(again == blocks[0] || again == blocks[1] || again == blocks[2] || again == blocks[3]);
    CHECK(malloc_usable_size(again) >= SHORT && malloc_usable_size(again) < SHORT + 4096);
    fill(again, SHORT, 5);
    again = realloc(again, LONG);
    CHECK(again != NULL && holds(again, SHORT, 5));
    fill(again, LONG, 6);
    again = realloc(again, SHORT);
    CHECK(again != NULL && holds(again, SHORT, 6));
    free(again);
    size_t live = all_stats().large_bytes;
    for (int slot = 0; slot < 2 * SLOTS; slot++) {
        size_t size = slot % 2 == 0 ? LONG : SHORT;
        CHECK((blocks[slot] = calloc(1, size)) != NULL && is_zero(blocks[slot], size));
        memset(blocks[slot], slot, size);
    }
    for (int slot = 0; slot < 2 * SLOTS; slot++) {
        CHECK(blocks[slot][SHORT - 1] == slot && blocks[slot][0] == slot);
        free(blocks[slot]);
    }
    CHECK(all_stats().large_bytes == live);
}

/* Lengths that do not come up again are not kept. */
static void fewer(void)
{
    size_t before = cached();
    for (size_t i = 0; i < 100; i++) {
        void *block = malloc(100 * KIB + i * 64 * KIB);
        CHECK(block != NULL);
        free(hide(block));
    }
    CHECK_AT_MOST(cached(), before + 512 * KIB);
}

/* A thread that has gone over to small blocks keeps none. */
static void rare(void)
{
    static void *small[50000];
    size_t before = cached();
    be_kept();
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        small[i] = malloc(8000);
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        free(hide(small[i]));
    malloc_trim(0);
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        small[i] = malloc(100);
    CHECK_AT_MOST(cached(), before + 512 * KIB);
}

static void trimmed(void)
{
    size_t before = cached();
    be_kept();
    malloc_trim(0);
    CHECK_AT_MOST(cached(), before);
    be_kept();
    pig_purge();
    CHECK_AT_MOST(cached(), before);
}

static void *free_all(void *blocks)
{
    for (int i = 0; i < HANDED; i++)
        free(((void **)blocks)[i]);
    return NULL;
}

/* What others have freed of a thread's blocks is not in use any more. */
static void handed(void)
{
    static void *blocks[HANDED];
    size_t before = cached();
    for (int i = 0; i < HANDED; i++)
        blocks[i] = malloc(8 * MIB);
    finish(start(free_all, blocks));
    for (int i = 0; i < TIMES; i++) {
        for (int slot = 0; slot < SLOTS; slot++)
            blocks[slot] = malloc(4 * MIB);
        for (int slot = 0; slot < SLOTS; slot++)
            free(blocks[slot]);
    }
    CHECK_AT_MOST(cached(), before + 7 * MIB);
}

static void *places[SLOTS];

/* Threads that meet, and free each other's blocks: nobody has a block that somebody else has. */
static void *swap(void *number)
{
    unsigned long state = (unsigned long)(uintptr_t)number;
    for (int step = 0; step < STEPS; step++) {
        size_t size = 70 * KIB + next_random(&state) % (400 * KIB);
        size_t *block = next_random(&state) % 4 == 0 ? calloc(1, size) : malloc(size);
        CHECK(block != NULL);
        block[0] = size;
        block[size / sizeof size - 1] = size ^ (size_t)block;
        size_t *other = __atomic_exchange_n(&places[next_random(&state) % SLOTS], block, __ATOMIC_ACQ_REL);
        if (other == NULL)
            continue;
        CHECK(other[other[0] / sizeof size - 1] == (other[0] ^ (size_t)other));
        free(other);
    }
    return NULL;
}

static void swapped(void)
{
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = start(swap, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        finish(threads[i]);
    for (int i = 0; i < SLOTS; i++)
        free(places[i]);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*body)(void);
    } cases[] = {{"zeroed", zeroed}, {"resized", resized}, {"shorter", shorter},
                 {"fewer", fewer},   {"rare", rare},       {"trimmed", trimmed},
                 {"handed", handed}, {"swapped", swapped}};
    CHECK(argc == 2);
    earn_heap();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(argv[1], cases[i].name) == 0) {
            cases[i].body();
            return 0;
        }
    return 2;
}
