/* Something of the program's stands right behind every 5 GiB of large blocks: arenas that have become large end, and
 * memory does not run out, neither for large blocks nor for small ones. Where arenas stand is random, so it is tried
 * several times. */
#include "mappings.h"

enum { PROGRAMS = 25, WALLS = 40, BETWEEN = 26, SMALL = 20000, SMALL_SIZE = 1000 };
static const size_t SIZE = 200 * MIB;

/* Only the first byte of a large block is ever written. */
static void wall_off(void)
{
    for (int wall = 0; wall < WALLS; wall++) {
        char *last = NULL;
        for (int i = 0; i < BETWEEN; i++) {
            last = malloc(SIZE);
            CHECK(last != NULL);
            last[0] = 1;
        }
        wall_behind(last);
    }
    for (size_t i = 0; i < SMALL; i++)
        CHECK(hide(malloc(SMALL_SIZE)) != NULL);
}

int main(int argc, char **argv)
{
    if (is_one_of(PROGRAMS, argc, argv))
        wall_off();
    return 0;
}
