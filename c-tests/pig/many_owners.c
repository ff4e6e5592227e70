/* One thread frees what many others have allocated, a block of each in turn: all of it comes back to its owners, and
 * what they count as live is so. */
/* needs: pigalloc */
/* timeout: 120 */
#include "pigalloc.h"
#include "test.h"

enum { OWNERS = 12, EACH = 1000, ROUNDS = 30, SPARE_KIB = 24 << 10 };

static unsigned char *blocks[OWNERS][EACH];
static size_t sizes[OWNERS][EACH];
static pthread_barrier_t turn, counted;

static void *own(void *number)
{
    int me = (int)(uintptr_t)number;
    unsigned long state = 977 + (unsigned long)me;
    earn_heap();
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < EACH; i++) {
            /* Of few classes, so that the owners' blocks of each follow each other. */
            size_t size = sizes[me][i] = (size_t)64 << next_random(&state) % 5;
            CHECK((blocks[me][i] = malloc(size)) != NULL);
            fill(blocks[me][i], size, (unsigned)(me + i));
        }
        pthread_barrier_wait(&turn);
        pthread_barrier_wait(&turn);
    }
    return NULL;
}

static size_t live(void)
{
    pig_stats_t stats = {.size = sizeof stats};
    CHECK(pig_stats_get(&stats) == 0);
    return stats.live_blocks;
}

static void *free_all(void *unused)
{
    earn_heap();
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&turn);
        pthread_barrier_wait(&counted);
        for (int i = 0; i < EACH; i++) {
            for (int me = 0; me < OWNERS; me++) {
                CHECK(holds(blocks[me][i], sizes[me][i], (unsigned)(me + i)));
                free(blocks[me][i]);
            }
        }
        pthread_barrier_wait(&counted);
        pthread_barrier_wait(&counted);
        pthread_barrier_wait(&turn);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[OWNERS], freer;
    size_t first = 0;
    CHECK(pthread_barrier_init(&turn, NULL, OWNERS + 1) == 0);
    CHECK(pthread_barrier_init(&counted, NULL, 2) == 0);
    for (uintptr_t i = 0; i < OWNERS; i++)
        threads[i] = start(own, (void *)i);
    freer = start(free_all, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        /* All are allocated; all are freed, and many wait in the freeing thread's hands. */
        pthread_barrier_wait(&counted);
        pthread_barrier_wait(&counted);
        CHECK(live() < OWNERS * EACH / 100);
        if (round == 2)
            first = resident_kib();
        pthread_barrier_wait(&counted);
    }
    finish(freer);
    for (int i = 0; i < OWNERS; i++)
        finish(threads[i]);
    CHECK(resident_kib() < first + SPARE_KIB);
    return 0;
}
