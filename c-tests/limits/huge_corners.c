/* A large buffer of which a program writes the two ends costs what was written, not two huge pages. */
#include "test.h"
#include <sys/resource.h>

int main(void)
{
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    char *block = malloc(64u << 20);
    CHECK(block != NULL);
    block[0] = block[(64u << 20) - 1] = 1;
    getrusage(RUSAGE_SELF, &after);
    CHECK(after.ru_maxrss - before.ru_maxrss < 1024);
    free(block);
    return 0;
}
