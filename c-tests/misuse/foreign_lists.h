/* Blocks freed by a thread that does not own them carry links: overwrite those, allocate on, and see that
 * malloc gives out only memory that is its to give. */
#ifndef C_TESTS_FOREIGN_LISTS_H
#define C_TESTS_FOREIGN_LISTS_H

#include "misuse/misuse.h"

enum { BLOCKS = 4000, MORE = 40000 };

/* Nothing that malloc gives may lie in here. */
static _Alignas(4096) char trap[65536];

static int by_address(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return x < y ? -1 : x > y;
}

/* Allocates MORE blocks: none may be foreign, none may overlap another or one of the live ones. */
static inline void allocate_and_check(size_t size, void **live, size_t live_count)
{
    static uintptr_t all[MORE + BLOCKS];
    size_t n = 0;
    for (size_t i = 0; i < live_count; i++)
        all[n++] = (uintptr_t)live[i];
    for (size_t i = 0; i < MORE; i++) {
        uintptr_t block = (uintptr_t)malloc(size);
        CHECK(block != 0 && block % 16 == 0);
        CHECK(block + size <= (uintptr_t)trap || block >= (uintptr_t)trap + sizeof trap);
        fill((void *)block, size < 64 ? size : 64, 1);
        all[n++] = block;
    }
    qsort(all, n, sizeof all[0], by_address);
    for (size_t i = 1; i < n; i++)
        CHECK(all[i] - all[i - 1] >= size);
}

#endif
