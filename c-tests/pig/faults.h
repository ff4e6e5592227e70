/* Page faults, and what they need to be few. */
#ifndef PIG_FAULTS_H
#define PIG_FAULTS_H

#include "test.h"
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/utsname.h>

static inline long page_faults(void)
{
    struct rusage used;
    CHECK(getrusage(RUSAGE_SELF, &used) == 0);
    return used.ru_minflt;
}

/* Ends the test where the kernel is older, or gives no huge pages. */
static inline void need_huge_pages(int major, int minor)
{
    struct utsname system;
    int is_major = 0, is_minor = 0;
    CHECK(uname(&system) == 0 && sscanf(system.release, "%d.%d", &is_major, &is_minor) == 2);
    char setting[100] = "";
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    if (file != NULL) {
        CHECK(fgets(setting, sizeof setting, file) != NULL);
        fclose(file);
    }
    bool none = file == NULL || strstr(setting, "[never]") != NULL;
    if (none || is_major < major || (is_major == major && is_minor < minor) || sysconf(_SC_PAGESIZE) != 4096) {
        puts("no huge pages, or an older kernel");
        exit(77);
    }
}

#endif
