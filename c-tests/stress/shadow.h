/* Who has which memory: a bit for each sixteen bytes of the whole address space, in a mapping that costs what
 * is touched of it. A block that is handed out while it, or another that it overlaps, is live finds a bit set. */
#ifndef STRESS_SHADOW_H
#define STRESS_SHADOW_H

#include "test.h"
#include <stdatomic.h>

#define ADDRESS_BITS 47
#define GRANULE 16
/* Addresses that one page of the map speaks of. */
#define SPOKEN_SHIFT 19

static _Atomic uint64_t *shadow_bits;
static _Atomic unsigned char *shadow_pages; /* which pages of the map have been touched */
static _Atomic size_t shadow_touched;

static inline void *reserve(size_t bytes)
{
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED)
        SKIP("no address space for the map of owners");
    madvise(map, bytes, MADV_NOHUGEPAGE);
    return map;
}

static inline void shadow_open(void)
{
    shadow_bits = reserve(((size_t)1 << ADDRESS_BITS) / GRANULE / 8);
    shadow_pages = reserve((size_t)1 << (ADDRESS_BITS - SPOKEN_SHIFT));
}

/* Resident memory of the map itself. */
static inline size_t shadow_bytes(void)
{
    return atomic_load_explicit(&shadow_touched, memory_order_relaxed) * 4096;
}

static inline void note_touched(uintptr_t from, uintptr_t end)
{
    for (uintptr_t page = from >> SPOKEN_SHIFT; page <= (end - 1) >> SPOKEN_SHIFT; page++)
        if (atomic_load_explicit(&shadow_pages[page], memory_order_relaxed) == 0 &&
            atomic_exchange(&shadow_pages[page], 1) == 0)
            atomic_fetch_add(&shadow_touched, 1);
}

/* Sets or clears the bits of a block; each must have been the other way. */
static inline void shadow_turn(const void *block, size_t size, int live)
{
    uintptr_t at = (uintptr_t)block / GRANULE;
    uintptr_t end = ((uintptr_t)block + (size ? size : 1) + GRANULE - 1) / GRANULE;
    CHECK(((uintptr_t)block & (GRANULE - 1)) == 0 && end * GRANULE < (uintptr_t)1 << ADDRESS_BITS);
    if (live)
        note_touched(at * GRANULE, end * GRANULE);
    while (at < end) {
        size_t bit = at % 64, count = 64 - bit < end - at ? 64 - bit : end - at;
        uint64_t mask = (~(uint64_t)0 >> (64 - count)) << bit;
        uint64_t old = live ? atomic_fetch_or(&shadow_bits[at / 64], mask)
                            : atomic_fetch_and(&shadow_bits[at / 64], ~mask);
        if ((old & mask) != (live ? 0 : mask)) {
            char text[160];
            snprintf(text, sizeof text, "%p of %zu bytes: %s", block, size,
                     live ? "handed out while it, or one that it overlaps, is live" : "not live any more");
            quit(1, __FILE__, __LINE__, text);
        }
        at += count;
    }
}

static inline void shadow_take(const void *block, size_t size)
{
    shadow_turn(block, size, 1);
}

static inline void shadow_drop(const void *block, size_t size)
{
    shadow_turn(block, size, 0);
}

#endif
