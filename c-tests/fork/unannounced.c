/* The child of a fork that runs no handlers starts threads before it has noticed anything: what they hold is theirs. */
/* cases: _Fork clone */
#include "test.h"
#include <sys/syscall.h>

enum { CHILDREN = 60, THREADS = 8, SLOTS = 300, STEPS = 12000 };

static void *idle(void *unused)
{
    free(hide(malloc(100)));
    return unused;
}

static void *work(void *argument)
{
    static __thread struct {
        void *bytes;
        size_t size;
        unsigned seed;
    } slots[SLOTS];
    unsigned long state = (uintptr_t)argument * 2654435761u | 1;
    for (int step = 0; step < STEPS; step++) {
        size_t i = next_random(&state) % SLOTS;
        if (slots[i].bytes != NULL) {
            CHECK(holds(slots[i].bytes, slots[i].size, slots[i].seed));
            free(slots[i].bytes);
            slots[i].bytes = NULL;
        } else {
            slots[i].size = 1 + next_random(&state) % 600;
            slots[i].seed = (unsigned)next_random(&state);
            slots[i].bytes = malloc(slots[i].size);
            CHECK(slots[i].bytes != NULL);
            fill(slots[i].bytes, slots[i].size, slots[i].seed);
        }
    }
    return NULL;
}

static pid_t fork_silently(int by_clone)
{
    return by_clone ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : _Fork();
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    /* There was a second thread once, so forks are watched for. */
    finish(start(idle, NULL));
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork_silently(strcmp(argv[1], "clone") == 0);
        CHECK(child >= 0);
        if (child == 0) {
            pthread_t threads[THREADS];
            for (size_t t = 0; t < THREADS; t++)
                threads[t] = start(work, (void *)(t + 1));
            for (size_t t = 0; t < THREADS; t++)
                finish(threads[t]);
            _exit(0);
        }
        wait_ok(child);
    }
    return 0;
}
