/* What the misuse tests share: the pointer goes to stdout, then the program misuses it and must not live
 * on. */
#ifndef C_TESTS_MISUSE_H
#define C_TESTS_MISUSE_H

#include "test.h"

/* Every kind of size: in the smallest class, in small and large classes, in a span, in a mapping of its own. */
static inline size_t size_of(int argc, char **argv)
{
    CHECK(argc == 2);
    return (size_t)atol(argv[1]);
}

/* Prints the pointer that the message must name; what comes back is unknown to the compiler. */
static inline void *announce(const void *pointer)
{
    char line[32];
    int length = snprintf(line, sizeof line, "0x%lx\n", (unsigned long)(uintptr_t)pointer);
    CHECK(write(1, line, (size_t)length) == length);
    return hide(pointer);
}

/* A block of which neighbours are live too, so that no slab or mapping empties around it. */
static inline void *among_others(size_t size)
{
    void *before = malloc(size), *block = malloc(size), *after = malloc(size);
    CHECK(before != NULL && block != NULL && after != NULL);
    hide(before);
    hide(after);
    return hide(block);
}

/* The misuse was not noticed: exit code 3 says so. */
__attribute__((noreturn)) static inline void unnoticed(void)
{
    quit(3, __FILE__, __LINE__, "the misuse went unnoticed");
}

static inline void *free_it(void *block)
{
    free(block);
    return NULL;
}

#endif
