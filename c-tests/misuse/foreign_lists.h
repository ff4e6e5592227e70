/* Blocks freed by a thread that does not own them carry links: overwrite those, allocate on, and see that
 * malloc gives out only memory that is its to give. */
#ifndef C_TESTS_FOREIGN_LISTS_H
#define C_TESTS_FOREIGN_LISTS_H

#include "misuse/misuse.h"

enum { BLOCKS = 4000, MORE = 40000 };

/* Nothing that malloc gives may lie in here. */
static _Alignas(4096) char trap[65536];

/* Allocates MORE blocks: none may be foreign, none may overlap another or one of the live ones. */
static inline void allocate_and_check(size_t size, void **live, size_t live_count)
{
    keep(trap, sizeof trap);
    for (size_t i = 0; i < live_count; i++)
        keep(live[i], size);
    judge(size, MORE);
    CHECK(area_count == 1 + live_count + MORE);
}

#endif
