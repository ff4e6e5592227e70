/* Blocks of random sizes never overlap and keep what was written, over a long random history. */
/* cases: 1 2 3 4 */
#include "test.h"

enum { SLOTS = 3000, STEPS = 150000 };

static struct {
    unsigned char *block;
    size_t size;
    unsigned seed;
} slots[SLOTS];

static size_t random_size(unsigned long *state)
{
    unsigned long r = next_random(state);
    unsigned long kind = next_random(state) % 100;
    return kind < 70 ? r % 300 : kind < 92 ? r % 5000 : kind < 99 ? r % 50000 : r % 400000;
}

static void *allocate(unsigned step, size_t size)
{
    if (step % 7 == 0) {
        void *block = calloc(1, size);
        CHECK(block == NULL || is_zero(block, size));
        return block;
    }
    return step % 11 == 0 ? memalign(64, size) : malloc(size);
}

int main(int argc, char **argv)
{
    unsigned long state = 88172645463325252ul * (unsigned long)(argc > 1 ? atoi(argv[1]) : 1);
    for (unsigned step = 0; step < STEPS; step++) {
        size_t i = next_random(&state) % SLOTS, size = random_size(&state);
        size_t kept = slots[i].size < size ? slots[i].size : size;
        if (slots[i].block != NULL)
            CHECK(holds(slots[i].block, slots[i].size, slots[i].seed));
        if (slots[i].block != NULL && step % 3 == 0 && size > 0) {
            slots[i].block = realloc(slots[i].block, size);
            CHECK(slots[i].block != NULL && holds(slots[i].block, kept, slots[i].seed));
        } else {
            free(slots[i].block);
            slots[i].block = allocate(step, size);
            CHECK(slots[i].block != NULL);
        }
        slots[i].size = size;
        slots[i].seed = step;
        fill(slots[i].block, size, step);
    }
    for (size_t i = 0; i < SLOTS; i++) {
        CHECK(slots[i].block == NULL || holds(slots[i].block, slots[i].size, slots[i].seed));
        free(slots[i].block);
    }
    return 0;
}
