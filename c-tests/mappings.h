/* Where the process has mappings, and others of the program's right behind them. */
#ifndef C_TESTS_MAPPINGS_H
#define C_TESTS_MAPPINGS_H

#include "test.h"
#include <stdbool.h>

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

/* Where arenas stand is random: true in a program that is to try what it tests, of which this one runs some, each after
 * the other, with the same argument if it has one. */
static inline bool is_one_of(int programs, int argc, char **argv)
{
    enum { MOST = 2 };
    CHECK(argc <= MOST + 1);
    if (argc > 1 && strcmp(argv[argc - 1], "once") == 0)
        return true;
    CHECK(argc <= MOST);
    for (int i = 0; i < programs; i++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            execl("/proc/self/exe", argv[0], argc > 1 ? argv[1] : "once", argc > 1 ? "once" : NULL, NULL);
            _exit(1);
        }
        wait_ok(child);
    }
    return false;
}

#endif
