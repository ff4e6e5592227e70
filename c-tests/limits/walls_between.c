/* Something of the program's stands right behind each mapping that large blocks have brought: as many arenas end early,
 * and memory does not run out, neither for large blocks nor, once these are freed, for small ones. Where arenas stand is
 * random, so it is tried several times. */
/* cases: 9 70 */
#include "mappings.h"

enum { PROGRAMS = 8, SMALL = 100000, SMALL_SIZE = 1000 };
static const size_t ALL = 3 * GIB;

static void surround(size_t size)
{
    static void *blocks[400];
    size_t count = ALL / size;
    CHECK(count <= COUNT(blocks));
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 1, 16);
        wall_behind(blocks[i]);
    }
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
    malloc_trim(0);
    void *large = malloc(size);
    CHECK(large != NULL);
    free(large);
    for (size_t i = 0; i < SMALL; i++)
        CHECK(hide(malloc(SMALL_SIZE)) != NULL);
}

int main(int argc, char **argv)
{
    CHECK(argc >= 2);
    if (is_one_of(PROGRAMS, argc, argv))
        surround(strtoul(argv[1], NULL, 10) * MIB);
    return 0;
}
