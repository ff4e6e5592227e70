/* The first allocation of a process is libc's own: its list of fork handlers outgrows the places that it has from the
 * start. A fork beside another thread works from then on. */
#include "test.h"

enum { HANDLERS = 200 };

static void nothing(void) {}

static volatile int stop;
static pthread_barrier_t has_begun;

static void *work(void *unused)
{
    earn_heap();
    pthread_barrier_wait(&has_begun);
    while (!stop)
        free(hide(malloc(1000)));
    return unused;
}

int main(void)
{
    for (int i = 0; i < HANDLERS; i++)
        if (pthread_atfork(nothing, nothing, nothing) != 0)
            _exit(2);
    CHECK(pthread_barrier_init(&has_begun, NULL, 2) == 0);
    pthread_t thread = start(work, NULL);
    pthread_barrier_wait(&has_begun);
    void *block = malloc(100);
    CHECK(block != NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        free(block);
        stop = 1;
        thread = start(work, NULL);
        pthread_barrier_wait(&has_begun);
        finish(thread);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    stop = 1;
    finish(thread);
    return 0;
}
