/* Forks beside threads that replace large blocks, at any instruction: the child takes their heaps over with what they
 * keep, gives it back and goes on; no block is handed out twice, and none is said to be freed twice. */
/* timeout: 120 */
#include "test.h"
#include <malloc.h>
#include <sys/wait.h>

enum { THREADS = 2, SLOTS = 12, FORKS = 150, STEPS = 400 };

static int done;

/* Replaces random blocks of 70 KiB to 1.5 MiB, each of which knows its size and its place. */
static void replace(size_t **slots, unsigned long *state, int steps)
{
    for (int step = 0; step < steps; step++) {
        size_t **slot = &slots[next_random(state) % SLOTS];
        if (*slot != NULL) {
            CHECK((*slot)[(*slot)[0] / sizeof **slot - 1] == (size_t)*slot);
            free(*slot);
        }
        size_t size = (70 + next_random(state) % 1400) * KIB;
        CHECK((*slot = malloc(size)) != NULL);
        (*slot)[0] = size;
        (*slot)[size / sizeof **slot - 1] = (size_t)*slot;
    }
}

static void *replacer(void *number)
{
    size_t *slots[SLOTS] = {NULL};
    unsigned long state = 99 + (unsigned long)(uintptr_t)number;
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
        replace(slots, &state, STEPS);
    for (int i = 0; i < SLOTS; i++)
        free(slots[i]);
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    size_t *slots[SLOTS] = {NULL};
    unsigned long state = 7;
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = start(replacer, (void *)i);
    for (int i = 0; i < FORKS; i++) {
        replace(slots, &state, 20);
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            if (i % 2 == 0)
                malloc_trim(0);
            replace(slots, &state, STEPS);
            malloc_trim(0);
            replace(slots, &state, STEPS);
            _exit(0);
        }
        int status;
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < THREADS; i++)
        finish(threads[i]);
    for (int i = 0; i < SLOTS; i++)
        free(slots[i]);
    return 0;
}
