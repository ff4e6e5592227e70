/* Where the process has mappings, and others of the program's right behind them. */
#ifndef C_TESTS_MAPPINGS_H
#define C_TESTS_MAPPINGS_H

#include "test.h"

/* Where the mappings end in which the address is and which follow it without a gap. */
static inline uintptr_t end_of_mappings(const void *address)
{
    static char text[1 << 20];
    read_file("/proc/self/maps", text, sizeof text);
    uintptr_t end = (uintptr_t)address;
    for (char *line = text; *line != 0; line = strchr(line, '\n') + 1) {
        unsigned long from, to;
        CHECK(sscanf(line, "%lx-%lx", &from, &to) == 2);
        if (from <= end && end < to)
            end = to;
    }
    return end;
}

/* Maps a page right behind them, which stays; whether there is nothing yet. */
static inline int wall_behind(const void *address)
{
    return mmap((void *)end_of_mappings(address), 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
                -1, 0) != MAP_FAILED;
}

#endif
