/* Threads start under a limit also after blocks of the smallest sizes have used it up and are freed. */
/* cases: 128 512 */
/* beyond-glibc: small free blocks in its caches pin the end of the heap */
#include "limits/exhaust.h"
#include "limits/limit.h"

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    size_t limit = (size_t)atol(argv[1]) * MIB;
    start_limited(RLIMIT_AS, limit, argv);
    live_within(limit, AFTER_ALL_SIZES);
    return 0;
}
