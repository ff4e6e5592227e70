/* Page faults, and what they need to be few. */
#ifndef PIG_FAULTS_H
#define PIG_FAULTS_H

#include "test.h"
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>

static inline long page_faults(void)
{
    struct rusage used;
    CHECK(getrusage(RUSAGE_SELF, &used) == 0);
    return used.ru_minflt;
}

/* Whether advised memory comes by a huge page: memory may be in pieces, or the process be denied them. */
static inline bool gives_huge_pages(void)
{
    enum { HUGE_PAGE = 2 * MIB };
    char *start = mmap(NULL, 2 * HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(start != MAP_FAILED);
    char *aligned = start + (HUGE_PAGE - (uintptr_t)start % HUGE_PAGE) % HUGE_PAGE;
    bool advised = madvise(aligned, HUGE_PAGE, MADV_HUGEPAGE) == 0;
    long faults = page_faults();
    for (size_t at = 0; at < HUGE_PAGE; at += 4096)
        ((volatile char *)aligned)[at] = 1;
    faults = page_faults() - faults;
    CHECK(munmap(start, 2 * HUGE_PAGE) == 0);
    return advised && faults < 64;
}

static inline size_t kib_on_huge_pages(void)
{
    return proc_number("/proc/self/smaps_rollup", "AnonHugePages:");
}

/* Whether the system's setting for huge pages is this one, which it puts in brackets, [never] where it has none. */
static inline bool huge_pages_are(const char *setting)
{
    char settings[100] = "[never]";
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    if (file != NULL) {
        CHECK(fgets(settings, sizeof settings, file) != NULL);
        fclose(file);
    }
    return strstr(settings, setting) != NULL;
}

/* Whether the kernel is at least so new, and gives huge pages. */
static inline bool has_huge_pages(int major, int minor)
{
    struct utsname system;
    int is_major = 0, is_minor = 0;
    CHECK(uname(&system) == 0 && sscanf(system.release, "%d.%d", &is_major, &is_minor) == 2);
    bool is_old = is_major < major || (is_major == major && is_minor < minor);
    return !(huge_pages_are("[never]") || is_old || sysconf(_SC_PAGESIZE) != 4096) && gives_huge_pages();
}

/* Ends the test where that is not so. */
static inline void need_huge_pages(int major, int minor)
{
    if (!has_huge_pages(major, minor)) {
        puts("no huge pages, or an older kernel");
        exit(77);
    }
}

#endif
