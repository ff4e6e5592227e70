/* Phases of different sizes, each of which frees all that it took, in any order: the blocks that stay in magazines are
 * spread over all slabs, and must not keep these for the sizes that have gone. */
/* needs: pigalloc */
#include "test.h"

enum { PHASE = 20 * MIB, ROUNDS = 4, MOST = PHASE / 48 };

static char *blocks[MOST];
static unsigned long state = 9;

static void phase(size_t least)
{
    size_t count = 0;
    for (size_t made = 0; made < PHASE; count++) {
        size_t size = least + next_random(&state) % least;
        CHECK(count < MOST && (blocks[count] = malloc(size)) != NULL);
        memset(blocks[count], 1, size);
        made += size;
    }
    for (size_t left = count; left > 0; left--) {
        size_t which = next_random(&state) % left;
        free(blocks[which]);
        blocks[which] = blocks[left - 1];
    }
}

int main(void)
{
    static const size_t LEAST[] = {48, 200, 700, 3000, 12000, 40000};
    size_t before = resident_kib(), most = 0;
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < sizeof LEAST / sizeof *LEAST; i++) {
            phase(LEAST[i]);
            size_t now = resident_kib() - before;
            most = now > most ? now : most;
        }
    printf("%zu MiB at most\n", most / KIB);
    CHECK_AT_MOST(most * KIB, PHASE * 5 / 2);
    return 0;
}
