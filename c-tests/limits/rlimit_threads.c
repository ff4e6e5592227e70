/* Threads start under a limit also after blocks of the smallest sizes have used it up and are freed. */
/* cases: 128 512 */
/* beyond-glibc: small free blocks in its caches pin the end of the heap */
#include "limits/exhaust.h"
#include <sys/resource.h>

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    size_t limit = (size_t)atol(argv[1]) * MIB;
    struct rlimit bytes = {limit, limit};
    CHECK(setrlimit(RLIMIT_AS, &bytes) == 0);
    live_within(limit, AFTER_ALL_SIZES);
    return 0;
}
