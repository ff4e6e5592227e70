/* Threads are cancelled at any point of a loop that allocates: the others go on, and cleanup handlers free. */
#include "test.h"

static void allocate_for_ever(unsigned long state)
{
    for (;;) {
        free(malloc(next_random(&state) % 5000));
        pthread_testcancel();
    }
}

static void *mine(void *unused)
{
    void *block = malloc(100);
    CHECK(block != NULL);
    pthread_cleanup_push(free, block);
    allocate_for_ever((unsigned long)(uintptr_t)block);
    pthread_cleanup_pop(0);
    return unused;
}

int main(void)
{
    unsigned long state = 4711;
    size_t before = 0;
    for (int i = 0; i < 900; i++) {
        if (i == 300)
            before = resident_kib();
        pthread_t threads[2] = {start(mine, NULL), start(mine, NULL)};
        for (unsigned long spin = next_random(&state) % 300; spin > 0; spin--)
            free(malloc(spin * 10));
        for (int t = 0; t < 2; t++) {
            CHECK(pthread_cancel(threads[t]) == 0);
            CHECK(finish(threads[t]) == PTHREAD_CANCELED);
        }
    }
    CHECK_AT_MOST(resident_kib(), before + 16 * KIB);
    return 0;
}
