/* fork at any moment of a process whose threads all allocate: the child allocates, frees what the parent
 * allocated, and ends. */
/* timeout: 120 */
#include "test.h"

enum { FORKS = 120, KEPT = 2000 };
static volatile int stop;
static void *volatile shared[64];

static void *churn(void *seed)
{
    unsigned long state = (unsigned long)(uintptr_t)seed;
    while (!stop) {
        size_t i = next_random(&state) % COUNT(shared);
        size_t size = next_random(&state) % (state % 40 == 0 ? 300000 : 3000);
        free(__atomic_exchange_n(&shared[i], malloc(size), __ATOMIC_ACQ_REL));
    }
    return NULL;
}

static void child_work(void **kept)
{
    for (size_t i = 0; i < KEPT; i++) {
        CHECK(holds(kept[i], i, (unsigned)i));
        free(kept[i]);
    }
    for (size_t size = 1; size < 3 * MIB; size = size * 3 / 2 + 1) {
        void *block = realloc(malloc(size), size * 2);
        CHECK(block != NULL);
        fill(block, size < 5000 ? size : 5000, 1);
        free(block);
    }
    for (size_t i = 0; i < COUNT(shared); i++)
        free(shared[i]);
    malloc_trim(0);
    mallinfo2();
}

int main(void)
{
    pthread_t threads[4];
    static void *kept[KEPT];
    for (size_t i = 0; i < KEPT; i++) {
        kept[i] = malloc(i);
        CHECK(kept[i] != NULL);
        fill(kept[i], i, (unsigned)i);
    }
    for (uintptr_t i = 0; i < COUNT(threads); i++)
        threads[i] = start(churn, (void *)(i * 7919 + 1));
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        if (child == 0) {
            child_work(kept);
            _exit(0);
        }
        wait_ok(child);
    }
    stop = 1;
    for (size_t i = 0; i < COUNT(threads); i++)
        finish(threads[i]);
    return 0;
}
