/* A limit that comes when the process runs already, and is below what it has reserved: a request is served
 * or says NULL with ENOMEM, and what was freed serves other sizes. */
/* cases: AS DATA */
#include "limits/exhaust.h"
#include <sys/resource.h>

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    exhaust(5000, 50 * MIB);
    struct rlimit bytes = {64 * MIB, 64 * MIB};
    CHECK(setrlimit(strcmp(argv[1], "AS") == 0 ? RLIMIT_AS : RLIMIT_DATA, &bytes) == 0);
    for (int round = 0; round < 2; round++)
        for (size_t size = 16; size <= 16 * MIB; size *= 4)
            exhaust(size, size < 256 ? 16 * MIB : 128 * MIB);
    void *large = malloc(hide_size(2 * GIB));
    CHECK(large != NULL || errno == ENOMEM);
    free(large);
    CHECK(exhaust(1000, 10 * MIB) >= 10 * MIB);
    return 0;
}
