/* After mlockall(MCL_FUTURE), with a small RLIMIT_MEMLOCK and no privilege, the allocator serves what fits
 * and says NULL to what does not; it does not lock more than is in use. */
/* cases: limited unlimited */
#include "limits/exhaust.h"
#include <sys/resource.h>

int main(int argc, char **argv)
{
    struct rlimit bytes;
    CHECK(argc == 2 && getrlimit(RLIMIT_MEMLOCK, &bytes) == 0);
    int limited = strcmp(argv[1], "limited") == 0;
    size_t limit = bytes.rlim_max < 64 * MIB ? bytes.rlim_max : 64 * MIB;
    if (limited) {
        bytes.rlim_cur = bytes.rlim_max = limit;
        CHECK(setrlimit(RLIMIT_MEMLOCK, &bytes) == 0);
        if (geteuid() == 0)
            CHECK(setresuid(65534, 65534, 65534) == 0);
    }
    if (mlockall(MCL_FUTURE) != 0)
        SKIP("memory may not be locked here");
    size_t before = resident_kib();
    CHECK(exhaust(1000, limit / 4) >= limit / 4);
    CHECK(exhaust(200000, limit / 4) >= limit / 4);
    /* A region for huge pages is committed, and so locked, as a whole. */
    CHECK_AT_MOST(resident_kib(), before + limit / KIB + 2 * KIB);
    if (limited) {
        exhaust(100000, 4 * limit);
        exhaust(40 * MIB, 8 * limit);
        CHECK(exhaust(100, limit / 8) >= limit / 8);
    }
    return 0;
}
