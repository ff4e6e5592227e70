/* The first allocation of a process is libc's own: its list of fork handlers outgrows the places that it has from the
 * start. A fork beside another thread works from then on. */
#include "test.h"

enum { HANDLERS = 200 };

static void nothing(void) {}

static void *work(void *state)
{
    for (int i = 0; i < 1000; i++)
        free(malloc(1000));
    return state;
}

int main(void)
{
    for (int i = 0; i < HANDLERS; i++)
        if (pthread_atfork(nothing, nothing, nothing) != 0)
            _exit(2);
    finish(start(work, NULL));
    void *block = malloc(100);
    CHECK(block != NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        free(block);
        finish(start(work, NULL));
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    return 0;
}
