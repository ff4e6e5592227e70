/* Under RLIMIT_DATA: when everything has been freed, one large block can have most of the limit. */
#include "test.h"
#include "limits/limit.h"

#define N 150000

int main(int argc, char **argv)
{
    static void *blocks[N];
    (void)argc;
    start_limited(RLIMIT_DATA, 220 * MIB, argv);
    for (size_t i = 0; i < N; i++) {
        blocks[i] = malloc(1000);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 1, 1000);
    }
    for (size_t i = 0; i < N; i++)
        free(blocks[i]);
    char *large = malloc(100 * MIB);
    CHECK(large != NULL);
    large[0] = large[100 * MIB - 1] = 1;
    free(large);
    return 0;
}
