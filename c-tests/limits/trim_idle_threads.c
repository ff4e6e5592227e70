/* malloc_trim in one thread gives back at once what other, idle threads freed. */
/* timeout: 120 */
#include "test.h"

enum { THREADS = 4, N = 100000, SIZE = 1000 };
static pthread_barrier_t freed, done;

static void *body(void *unused)
{
    void **blocks = malloc(N * sizeof *blocks);
    CHECK(blocks != NULL);
    for (size_t i = 0; i < N; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL);
        touch(blocks[i], SIZE);
    }
    for (size_t i = 0; i < N; i++)
        free(blocks[i]);
    free(blocks);
    pthread_barrier_wait(&freed);
    pthread_barrier_wait(&done);
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS];
    size_t before = resident_kib();
    CHECK(pthread_barrier_init(&freed, NULL, THREADS + 1) == 0);
    CHECK(pthread_barrier_init(&done, NULL, THREADS + 1) == 0);
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = start(body, NULL);
    pthread_barrier_wait(&freed);
    malloc_trim(0);
    CHECK_AT_MOST(resident_kib(), before + 16 * KIB);
    pthread_barrier_wait(&done);
    for (size_t i = 0; i < THREADS; i++)
        finish(threads[i]);
    return 0;
}
