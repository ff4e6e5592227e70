/* Short threads, one after the other, that free all they allocated: each takes over what the last one left,
 * and what counts as live does not grow. */
#include "test.h"

enum { THREADS = 3000, ROUNDS = 60, BLOCKS = 100, SIZE = 512 };

static void *body(void *unused)
{
    void *blocks[BLOCKS];
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i] = malloc(SIZE);
            CHECK(blocks[i] != NULL);
            touch(blocks[i], SIZE);
        }
        for (size_t i = 0; i < BLOCKS; i++)
            free(blocks[i]);
    }
    return unused;
}

static size_t live_bytes(void)
{
    malloc_trim(0);
    return mallinfo2().uordblks;
}

int main(void)
{
    size_t before = 0;
    for (int i = 0; i < THREADS; i++) {
        if (i == THREADS / 6)
            before = live_bytes();
        finish(start(body, NULL));
    }
    CHECK_AT_MOST(live_bytes(), before + 16 * KIB);
    return 0;
}
