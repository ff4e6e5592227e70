/* Detached threads that end while nobody waits leave their memory to be used again. */
#include "test.h"

static int alive;

static void *body(void *argument)
{
    CHECK(holds(argument, 500, 2));
    free(argument);
    for (size_t i = 1; i < 100; i++) {
        void *block = malloc(i * 100);
        CHECK(block != NULL);
        touch(block, i * 100);
        free(block);
    }
    __atomic_fetch_sub(&alive, 1, __ATOMIC_RELEASE);
    return NULL;
}

int main(void)
{
    size_t before = 0;
    for (int i = 0; i < 4000; i++) {
        if (i == 1000)
            before = resident_kib();
        void *block = malloc(500);
        CHECK(block != NULL);
        fill(block, 500, 2);
        while (__atomic_load_n(&alive, __ATOMIC_ACQUIRE) >= 8)
            sleep_ms(0);
        __atomic_fetch_add(&alive, 1, __ATOMIC_RELAXED);
        CHECK(pthread_detach(start(body, block)) == 0);
    }
    while (__atomic_load_n(&alive, __ATOMIC_ACQUIRE) > 0)
        sleep_ms(1);
    CHECK_AT_MOST(resident_kib(), before + 6 * KIB);
    return 0;
}
