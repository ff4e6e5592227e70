/* A program under a limit that stood before it started, as under ulimit. */
#ifndef C_TESTS_LIMIT_H
#define C_TESTS_LIMIT_H

#include "test.h"
#include <sys/resource.h>

/* Starts the program anew with the limit; returns in the new one. */
static inline void start_limited(int resource, size_t bytes, char **argv)
{
    struct rlimit limit = {bytes, bytes};
    if (getenv("C_TEST_LIMITED") != NULL)
        return;
    CHECK(setenv("C_TEST_LIMITED", "1", 1) == 0);
    CHECK(setrlimit((__rlimit_resource_t)resource, &limit) == 0);
    execv("/proc/self/exe", argv);
    quit(1, __FILE__, __LINE__, "the program cannot start under the limit");
}

#endif
