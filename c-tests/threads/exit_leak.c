/* The end of a thread leaks nothing, also when destructors of its last round allocate after the allocator's
 * own end. */
#include "test.h"

enum { THREADS = 6000 };
static pthread_key_t key;

static void destroy(void *value)
{
    uintptr_t round = (uintptr_t)value;
    for (size_t i = 1; i <= 30; i++) {
        void *block = malloc(i * 300);
        CHECK(block != NULL);
        touch(block, i * 300);
        free(block);
    }
    if (round < PTHREAD_DESTRUCTOR_ITERATIONS)
        CHECK(pthread_setspecific(key, (void *)(round + 1)) == 0);
}

static void *body(void *unused)
{
    CHECK(pthread_setspecific(key, (void *)1) == 0);
    free(malloc(100));
    return unused;
}

int main(void)
{
    size_t before = 0;
    CHECK(pthread_key_create(&key, destroy) == 0);
    for (int i = 0; i < THREADS; i++) {
        if (i == THREADS / 6)
            before = resident_kib();
        finish(start(body, NULL));
    }
    CHECK_AT_MOST(resident_kib(), before + 4 * KIB);
    return 0;
}
