/* Brings the allocator to the point where slabs of one size serve another one: most blocks of 64 bytes die, at
 * random, while blocks of 200 bytes come. */
#ifndef MIXED_H
#define MIXED_H
#include "test.h"

enum { SMALL_SIZE = 64, SMALLS = 400000, OTHER_SIZE = 200, OTHERS = 60000, UNIT = 65536 };
static unsigned char *smalls[SMALLS], *others[OTHERS];

/* A block's content tells its address. */
static inline unsigned seed_of(const void *block)
{
    return (unsigned)((uintptr_t)block >> 4);
}

static inline void *take_filled(size_t size)
{
    void *block = malloc(size);
    CHECK(block != NULL);
    fill(block, size, seed_of(block));
    return block;
}

static inline int is_intact(const void *block, size_t size)
{
    return holds(block, size, seed_of(block));
}

/* One small block in six survives. */
static inline void make_mixed(void)
{
    unsigned long state = 1;
    for (size_t i = 0; i < SMALLS; i++)
        smalls[i] = take_filled(SMALL_SIZE);
    for (size_t i = 0; i < OTHERS; i++) {
        for (int k = 0; k < 12; k++) {
            size_t at = next_random(&state) % SMALLS;
            free(smalls[at]);
            smalls[at] = NULL;
        }
        others[i] = take_filled(OTHER_SIZE);
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
