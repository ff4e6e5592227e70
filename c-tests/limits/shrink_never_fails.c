/* When there is no memory left, realloc to a smaller size still succeeds, and keeps the content. */
#include "test.h"
#include "limits/limit.h"

int main(int argc, char **argv)
{
    static const size_t sizes[] = {64 * MIB / 16, 300000, 50000, 4000};
    (void)argc;
    start_limited(RLIMIT_AS, 128 * MIB, argv);
    unsigned char *blocks[COUNT(sizes)];
    for (size_t i = 0; i < COUNT(sizes); i++) {
        blocks[i] = malloc(sizes[i]);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    for (size_t size = 8 * MIB; size > 0; size /= 2)
        while (malloc(size) != NULL)
            ;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        blocks[i] = realloc(blocks[i], sizes[i] / 3);
        CHECK(blocks[i] != NULL);
        for (size_t at = 0; at < sizes[i] / 3; at++)
            CHECK(blocks[i][at] == i + 1);
    }
    return 0;
}
