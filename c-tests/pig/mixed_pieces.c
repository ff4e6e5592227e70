/* Slabs become mixed ones and are closed again and again: what describes them is used anew. */
/* needs: pigalloc */
#include "pig/stats.h"

enum { FIRST = 260000, NEXT = 90000, ROUNDS = 16 };
static const size_t GROWTH_MOST = 256 * KIB;

static void *first[FIRST], *next[2 * NEXT];

static size_t metadata(void) { return all_stats().metadata_bytes; }

static void take(void **blocks, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
        *(unsigned char *)blocks[i] = 1;
    }
}

/* Frees all but one block of so many, at random. */
static void thin_out(unsigned long *state, unsigned one_of)
{
    for (size_t i = 0; i < FIRST; i++)
        if (next_random(state) % one_of != 0) {
            free(first[i]);
            first[i] = NULL;
        }
}

int main(void)
{
    unsigned long state = 1;
    size_t before = 0;
    for (int round = 0; round < ROUNDS; round++) {
        take(first, FIRST, 64);
        thin_out(&state, 4);
        take(next, NEXT, 112);
        thin_out(&state, 2);
        take(next + NEXT, NEXT, 176);
        thin_out(&state, 1000000);
        for (size_t i = 0; i < FIRST; i++)
            free(first[i]);
        for (size_t i = 0; i < 2 * NEXT; i++)
            free(next[i]);
        if (round == 1)
            before = metadata();
    }
    CHECK_AT_MOST(metadata(), before + GROWTH_MOST);
    return 0;
}
