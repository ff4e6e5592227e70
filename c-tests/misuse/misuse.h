/* What the misuse tests share: the pointer goes to stdout, then the program misuses it and must not live on.
 * Where the allocator lets it live on, a look at what it hands out next tells what became of that:
 * scripts/misuse.py compares allocators by these programs. */
#ifndef C_TESTS_MISUSE_H
#define C_TESTS_MISUSE_H

#include "test.h"

/* Exit codes: nothing was noticed, and nothing wrong handed out; or memory in use was handed out. */
enum { EXIT_UNNOTICED = 3, EXIT_MISLED = 4 };

/* Memory that is in use: kept by the program, or handed out since. */
struct area {
    uintptr_t start;
    size_t size;
};
enum { MOST_AREAS = 45000 };
static struct area areas[MOST_AREAS];
static size_t area_count, judged_size = 100;

/* Nothing of this memory may be handed out as long as the program runs. */
static inline void *keep(const void *start, size_t size)
{
    CHECK(area_count < MOST_AREAS);
    areas[area_count++] = (struct area){(uintptr_t)start, size};
    return hide(start);
}

/* Every kind of size: in the smallest class, in small and large classes, in a span, in a mapping of its own. */
static inline size_t size_of(int argc, char **argv)
{
    CHECK(argc == 2);
    return judged_size = (size_t)atol(argv[1]);
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
    keep(before, size);
    keep(after, size);
    judged_size = size;
    return hide(block);
}

/* Shell's sort, since qsort may allocate. */
static inline void sort_areas(void)
{
    for (size_t gap = area_count / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11)
        for (size_t i = gap; i < area_count; i++) {
            struct area area = areas[i];
            size_t at = i;
            for (; at >= gap && areas[at - gap].start > area.start; at -= gap)
                areas[at] = areas[at - gap];
            areas[at] = area;
        }
}

/* Allocates so many blocks: none may overlap what is in use. */
static inline void judge(size_t size, size_t count)
{
    for (size_t i = 0; i < count && area_count < MOST_AREAS; i++) {
        void *block = malloc(size);
        if (block != NULL)
            keep(block, size > 0 ? size : 1);
    }
    sort_areas();
    for (size_t i = 1; i < area_count; i++)
        if (areas[i].start - areas[i - 1].start < areas[i - 1].size)
            quit(EXIT_MISLED, __FILE__, __LINE__, "memory in use was handed out");
    for (size_t i = 0; i < area_count; i++)
        if (areas[i].start % 16 != 0 && areas[i].size == size)
            quit(EXIT_MISLED, __FILE__, __LINE__, "a misaligned block was handed out");
}

/* The misuse was not noticed: the exit code says so, and whether more came of it. */
__attribute__((noreturn)) static inline void unnoticed(void)
{
    enum { MOST_BLOCKS = 20000 };
    size_t fit = 256 * MIB / (judged_size + 1);
    CHECK(write(1, "unnoticed\n", 10) == 10);
    judge(judged_size, fit < 4 ? 4 : fit < MOST_BLOCKS ? fit : MOST_BLOCKS);
    quit(EXIT_UNNOTICED, __FILE__, __LINE__, "the misuse went unnoticed");
}

/* Ends as a child did. */
__attribute__((noreturn)) static inline void end_as(pid_t child)
{
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) {
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    _exit(WEXITSTATUS(status));
}

static inline void *free_it(void *block)
{
    free(block);
    return NULL;
}

#endif
