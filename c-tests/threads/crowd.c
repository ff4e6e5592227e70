/* Sixty threads with heaps of their own, more than the processors can keep busy, take large small blocks, hand some
 * of them to each other and free what they get: every byte stays, and what they free can be used again by all. */
/* timeout: 120 */
#include "test.h"
#include <stdatomic.h>

enum { THREADS = 60, ROUNDS = 400, SLOTS = 16 };

static _Atomic(unsigned char *) exchange[SLOTS];
static pthread_barrier_t together;

static size_t size_at(unsigned long *state)
{
    return 9000 + next_random(state) % 56000;
}

static void let_go(unsigned char *block)
{
    size_t size;
    memcpy(&size, block, sizeof size);
    CHECK(holds(block + sizeof size, size - sizeof size, (unsigned)size));
    free(block);
}

static void *work(void *number)
{
    unsigned long state = 88172645463325252UL + (unsigned long)number;
    earn_heap();
    pthread_barrier_wait(&together);
    for (int i = 0; i < ROUNDS; i++) {
        size_t size = size_at(&state);
        unsigned char *block = malloc(size);
        CHECK(block != NULL && is_aligned(block, 16));
        memcpy(block, &size, sizeof size);
        fill(block + sizeof size, size - sizeof size, (unsigned)size);
        unsigned char *other = atomic_exchange(&exchange[next_random(&state) % SLOTS], block);
        if (other != NULL)
            let_go(other);
        void *zero = calloc(1, size);
        CHECK(zero != NULL && is_zero(zero, size));
        void *aligned = aligned_alloc(4096, 12288);
        CHECK(aligned != NULL && is_aligned(aligned, 4096));
        free(aligned);
        free(zero);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    CHECK(pthread_barrier_init(&together, NULL, THREADS) == 0);
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = start(work, (void *)i);
    for (size_t i = 0; i < THREADS; i++)
        finish(threads[i]);
    for (size_t i = 0; i < SLOTS; i++) {
        unsigned char *block = atomic_exchange(&exchange[i], NULL);
        if (block != NULL)
            let_go(block);
    }
    CHECK_AT_MOST(resident_kib(), 100 * KIB);
    return 0;
}
