/* Threads that never return go on allocating and freeing each other's blocks while main returns and the
 * process exits. */
/* expect-stdout: end */
#include "test.h"

static void *volatile slots[64];

static void *forever(void *seed)
{
    unsigned long state = (unsigned long)(uintptr_t)seed;
    for (;;) {
        size_t i = next_random(&state) % COUNT(slots);
        free(__atomic_exchange_n(&slots[i], malloc(next_random(&state) % 70000), __ATOMIC_ACQ_REL));
    }
    return NULL;
}

static void at_end(void)
{
    for (size_t i = 1; i < 3000; i++)
        free(malloc(i * 20));
    CHECK(write(1, "end", 3) == 3);
}

int main(void)
{
    CHECK(atexit(at_end) == 0);
    for (uintptr_t i = 1; i <= 6; i++)
        CHECK(pthread_detach(start(forever, (void *)i)) == 0);
    sleep_ms(50);
    return 0;
}
