/* Checked blocks: every byte of a block is a function of its address, its size and its generation. */
#ifndef STRESS_BLOCKS_H
#define STRESS_BLOCKS_H

#include "shadow.h"

struct block {
    unsigned char *bytes; /* NULL: none */
    size_t size;
    uint64_t seed;
};

static _Atomic size_t live_bytes, live_blocks;
static _Atomic unsigned long generations, operations, refusals;

static inline uint64_t mixed(uint64_t x)
{
    x ^= x >> 31;
    x *= 0x9e3779b97f4a7c15u;
    x ^= x >> 29;
    return x;
}

static inline uint64_t word_of(uint64_t seed, size_t i)
{
    return (seed + i) * 0xbf58476d1ce4e5b9u;
}

static inline void write_content(unsigned char *bytes, size_t size, uint64_t seed)
{
    size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        uint64_t word = word_of(seed, i / 8);
        memcpy(bytes + i, &word, 8);
    }
    for (uint64_t word = word_of(seed, i / 8); i < size; i++)
        bytes[i] = (unsigned char)(word >> i % 8 * 8);
}

static inline void check_content(const unsigned char *bytes, size_t size, uint64_t seed, const char *when)
{
    size_t i = 0;
    uint64_t wrong = 0;
    for (; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        wrong |= word ^ word_of(seed, i / 8);
    }
    for (uint64_t word = word_of(seed, i / 8); i < size; i++)
        wrong |= bytes[i] ^ (unsigned char)(word >> i % 8 * 8);
    if (wrong != 0) {
        char text[160];
        snprintf(text, sizeof text, "%p of %zu bytes: other content than was written, %s", (const void *)bytes,
                 size, when);
        quit(1, __FILE__, __LINE__, text);
    }
}

/* A fresh block becomes known to the shadow and gets its content. */
static inline struct block adopt(void *bytes, size_t size)
{
    struct block block = {bytes, size, 0};
    shadow_take(bytes, size);
    block.seed = mixed((uintptr_t)bytes ^ mixed(size ^ mixed(atomic_fetch_add(&generations, 1))));
    write_content(bytes, size, block.seed);
    atomic_fetch_add(&live_bytes, size);
    atomic_fetch_add(&live_blocks, 1);
    return block;
}

static inline void verify(const struct block *block, const char *when)
{
    check_content(block->bytes, block->size, block->seed, when);
}

/* The block is the caller's alone from here on: its address may be handed out again at once. */
static inline void forget(struct block *block)
{
    verify(block, "at its free");
    shadow_drop(block->bytes, block->size);
    atomic_fetch_sub(&live_bytes, block->size);
    atomic_fetch_sub(&live_blocks, 1);
}

static inline void give(struct block *block)
{
    if (block->bytes == NULL)
        return;
    forget(block);
    free(block->bytes);
    block->bytes = NULL;
    atomic_fetch_add_explicit(&operations, 1, memory_order_relaxed);
}

/* Sizes as programs have them: most are small, a few have several MiB, some a mapping of their own. */
static inline size_t any_size(unsigned long *state, size_t most)
{
    static const size_t bounds[] = {256, 256, 256, 256, 1 * KIB, 1 * KIB, 8 * KIB, 64 * KIB};
    unsigned long dice = next_random(state) % 1024;
    size_t bound = bounds[dice % COUNT(bounds)];
    if (dice < 8)
        return dice & 1;
    if (dice >= 1000)
        bound = dice < 1022 ? 512 * KIB : 6 * MIB;
    if (dice == 1023 && next_random(state) % 64 == 0)
        return most < 40 * MIB ? most : 33 * MIB + next_random(state) % (4 * MIB);
    return next_random(state) % (bound < most ? bound : most);
}

static inline struct block take(unsigned long *state, size_t most)
{
    struct block none = {NULL, 0, 0};
    size_t size = any_size(state, most), align = (size_t)16 << next_random(state) % 10;
    unsigned long way = next_random(state) % 16;
    void *bytes;
    atomic_fetch_add_explicit(&operations, 1, memory_order_relaxed);
    if (way < 2) {
        bytes = calloc(1 + size / 3, 3);
        if (bytes != NULL && !is_zero(bytes, size))
            quit(1, __FILE__, __LINE__, "calloc: not zero");
    } else if (way == 2) {
        if (next_random(state) % 16 == 0)
            align <<= next_random(state) % 9;
        if (posix_memalign(&bytes, align, size) != 0)
            bytes = NULL;
        CHECK(is_aligned(bytes, align));
    } else if (way == 3) {
        bytes = aligned_alloc(align, size);
        CHECK(is_aligned(bytes, align));
    } else {
        bytes = malloc(size);
    }
    if (bytes == NULL) {
        CHECK(size > 0 && errno == ENOMEM);
        atomic_fetch_add(&refusals, 1);
        return none;
    }
    /* All that is usable may be used. */
    return adopt(bytes, way > 12 ? malloc_usable_size(bytes) : size);
}

static inline void change(struct block *block, unsigned long *state, size_t most)
{
    size_t size = any_size(state, most) + 1;
    struct block old = *block;
    if (next_random(state) % 2 == 0)
        size = old.size / 2 + next_random(state) % (old.size + 64);
    size = size > most ? most : size ? size : 1;
    atomic_fetch_add_explicit(&operations, 1, memory_order_relaxed);
    forget(&old);
    unsigned char *bytes = realloc(old.bytes, size);
    if (bytes == NULL) {
        CHECK(errno == ENOMEM);
        atomic_fetch_add(&refusals, 1);
        check_content(old.bytes, old.size, old.seed, "after a failed realloc");
        *block = adopt(old.bytes, old.size);
        return;
    }
    check_content(bytes, size < old.size ? size : old.size, old.seed, "after realloc");
    *block = adopt(bytes, size);
}

#endif
