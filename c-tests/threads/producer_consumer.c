/* One thread allocates and another frees, for gigabytes: the memory comes back to use and resident memory
 * stays bounded. */
/* cases: 16 64 200 1000 5000 40000 200000 */
#include "test.h"
#include <sched.h>

enum { SLOTS = 1024 };
static void *volatile ring[SLOTS];
static size_t size, rounds;

static void *consume(void *unused)
{
    for (size_t i = 0; i < rounds; i++) {
        void *block;
        while ((block = __atomic_exchange_n(&ring[i % SLOTS], NULL, __ATOMIC_ACQUIRE)) == NULL)
            sched_yield();
        free(block);
    }
    return unused;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    size = (size_t)atol(argv[1]);
    rounds = 3 * GIB / size < 2000000 ? 3 * GIB / size : 2000000;
    size_t before = resident_kib(), most = 0;
    pthread_t consumer = start(consume, NULL);
    for (size_t i = 0; i < rounds; i++) {
        while (__atomic_load_n(&ring[i % SLOTS], __ATOMIC_RELAXED) != NULL)
            sched_yield();
        char *block = malloc(size);
        CHECK(block != NULL);
        block[0] = block[size - 1] = 1;
        __atomic_store_n(&ring[i % SLOTS], block, __ATOMIC_RELEASE);
        if (i % 4096 == 0) {
            size_t now = resident_kib();
            most = now > most ? now : most;
        }
    }
    finish(consumer);
    /* At most the ring is live: as much again, and what an allocator keeps at hand, is room enough. */
    CHECK_AT_MOST(most, before + 2 * SLOTS * (size + 64) / 1024 + 40 * KIB);
    return 0;
}
