/* Under RLIMIT_AS: NULL with ENOMEM when it is used up, freed memory of one size serves every other,
 * threads start. */
/* cases: 128 512 */
#include "limits/exhaust.h"
#include "limits/limit.h"

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    size_t limit = (size_t)atol(argv[1]) * MIB;
    start_limited(RLIMIT_AS, limit, argv);
    live_within(limit, AFTER_LARGE_SIZES);
    return 0;
}
