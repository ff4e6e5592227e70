/* Brings the allocator to the point where slabs of one size serve another one: most blocks of 64 bytes die, at
 * random, while blocks of 200 bytes come. */
#ifndef MIXED_H
#define MIXED_H
#include "test.h"

enum { SMALL_SIZE = 64, SMALLS = 400000, OTHER_SIZE = 200, OTHERS = 60000, UNIT = 65536 };
static unsigned char *smalls[SMALLS], *others[OTHERS];

static inline void stamp(unsigned char *block, size_t size)
{
    memset(block, (unsigned char)((uintptr_t)block >> 4), size);
}

static inline int is_stamped(const unsigned char *block, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (block[i] != (unsigned char)((uintptr_t)block >> 4))
            return 0;
    return 1;
}

/* One small block in twenty survives. */
static inline void make_mixed(void)
{
    unsigned state = 1;
    for (size_t i = 0; i < SMALLS; i++) {
        smalls[i] = malloc(SMALL_SIZE);
        CHECK(smalls[i] != NULL);
        stamp(smalls[i], SMALL_SIZE);
    }
    for (size_t i = 0; i < OTHERS; i++) {
        for (int k = 0; k < 12; k++) {
            state = state * 1664525 + 1013904223;
            size_t at = (state >> 8) % SMALLS;
            free(smalls[at]);
            smalls[at] = NULL;
        }
        others[i] = malloc(OTHER_SIZE);
        CHECK(others[i] != NULL);
        stamp(others[i], OTHER_SIZE);
    }
}

/* The index of a block of the other size that shares its unit with a small one; OTHERS when there is none. */
static inline size_t find_mixed(void)
{
    static unsigned char marks[1 << 16];
    for (size_t i = 0; i < SMALLS; i++)
        if (smalls[i] != NULL)
            marks[(uintptr_t)smalls[i] / UNIT % sizeof marks] = 1;
    size_t found = OTHERS;
    for (size_t i = 0; i < OTHERS; i++)
        if (marks[(uintptr_t)others[i] / UNIT % sizeof marks])
            found = i;
    return found;
}

#endif
