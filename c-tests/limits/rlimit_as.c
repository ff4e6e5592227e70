/* Under RLIMIT_AS: NULL with ENOMEM when it is used up, and freed memory of one size serves every other; threads start. */
/* cases: 128 512 */
#include "limits/exhaust.h"
#include <sys/resource.h>

int main(int argc, char **argv)
{
    CHECK(argc == 3 || argc == 2);
    size_t limit = (size_t)atol(argv[1]) * MIB;
    struct rlimit bytes = {limit, limit};
    /* The limit stands before the allocator starts, as under ulimit -v. */
    if (argc == 2) {
        char *arguments[] = {argv[0], argv[1], (char *)"limited", NULL};
        CHECK(setrlimit(RLIMIT_AS, &bytes) == 0);
        execv("/proc/self/exe", arguments);
        return 1;
    }
    live_within(limit, AFTER_LARGE_SIZES);
    return 0;
}
