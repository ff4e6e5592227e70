/* A limit that comes when the process runs already, and is below what it has reserved, ends in NULL and ENOMEM too. */
/* cases: AS DATA */
#include "limits/exhaust.h"
#include <sys/resource.h>

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    exhaust(5000, 50 * MIB);
    struct rlimit bytes = {64 * MIB, 64 * MIB};
    CHECK(setrlimit(strcmp(argv[1], "AS") == 0 ? RLIMIT_AS : RLIMIT_DATA, &bytes) == 0);
    for (int round = 0; round < 3; round++)
        for (size_t size = 16; size <= 16 * MIB; size *= 4)
            exhaust(size, 512 * MIB);
    void *large = malloc(hide_size(2 * GIB));
    CHECK(large == NULL && errno == ENOMEM);
    CHECK(exhaust(1000, 10 * MIB) >= 10 * MIB);
    return 0;
}
