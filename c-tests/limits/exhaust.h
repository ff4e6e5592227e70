/* Allocate until NULL, free, and go on with other sizes: the course of every test of a limit. */
#ifndef C_TESTS_EXHAUST_H
#define C_TESTS_EXHAUST_H

#include "test.h"

struct cell {
    struct cell *next;
};

/* Allocates blocks of one size, each resident, until NULL with ENOMEM or until `most` bytes; frees all;
 * returns the bytes. */
static inline size_t exhaust(size_t size, size_t most)
{
    struct cell *first = NULL, *cell;
    size_t total = 0;
    while (total < most) {
        errno = 0;
        cell = (struct cell *)malloc(size);
        if (cell == NULL) {
            CHECK(errno == ENOMEM);
            break;
        }
        touch(cell, size);
        cell->next = first;
        first = cell;
        total += size;
    }
    while ((cell = first) != NULL) {
        first = cell->next;
        free(cell);
    }
    return total;
}

static inline void *use_a_thread(void *unused)
{
    void *block = malloc(10000);
    CHECK(block != NULL);
    touch(block, 10000);
    free(block);
    return unused;
}

/* Under a limit of `limit` bytes every size, one after the other, gets most of it; threads start after each of
 * the first sizes, which are large, or after every size. */
enum threads { AFTER_LARGE_SIZES, AFTER_ALL_SIZES };

static inline void live_within(size_t limit, enum threads threads)
{
    static const size_t sizes[] = {60000, 5000, 200000, 8 * MIB, 30000,   1000,
                                   24,    8 * MIB, 100,  5000, 16, 200000};
    const size_t large = 5;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t got = exhaust(sizes[i], 4 * limit), overhead = sizes[i] < 32 ? 2 : 1;
        CHECK(got < limit);
        if (got * overhead < limit * 3 / 5) {
            char text[128];
            snprintf(text, sizeof text, "only %zu of %zu KiB for blocks of %zu", got / KIB, limit / KIB,
                     sizes[i]);
            quit(1, __FILE__, __LINE__, text);
        }
        if (i < large || threads == AFTER_ALL_SIZES)
            finish(start(use_a_thread, NULL));
    }
}

#endif
