/* Something of the program's stood in the way once, and what opened elsewhere stays there: who takes and frees a block and
 * trims, again and again, does not use up addresses. */
/* needs: pigalloc */
#include "mappings.h"

enum { LARGE = 17, TIMES = 300, MOVES = 3 };

int main(void)
{
    void *large[LARGE + 1];
    for (size_t i = 0; i < LARGE; i++)
        CHECK((large[i] = malloc(250 * MIB)) != NULL);
    CHECK(wall_behind(large[LARGE - 1]));
    CHECK((large[LARGE] = malloc(250 * MIB)) != NULL);
    for (size_t i = 0; i <= LARGE; i++)
        free(large[i]);
    malloc_trim(0);
    uintptr_t last = 0, moves = 0;
    for (int i = 0; i < TIMES; i++) {
        void *block = malloc(3 * MIB);
        CHECK(block != NULL);
        moves += (uintptr_t)block != last;
        last = (uintptr_t)block;
        free(block);
        malloc_trim(0);
    }
    CHECK_AT_MOST(moves, MOVES);
    return 0;
}
