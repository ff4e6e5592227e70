/* A signal handler forks while all other threads allocate; the child allocates, frees and ends. */
/* timeout: 120 */
#include "test.h"
#include <signal.h>

static volatile int stop, forks, good;
static void *kept;

static void *churn(void *seed)
{
    unsigned long state = (unsigned long)(uintptr_t)seed;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    while (!stop)
        free(malloc(next_random(&state) % 20000));
    return NULL;
}

static void handler(int number)
{
    (void)number;
    int saved = errno, status = 1;
    pid_t child = fork();
    if (child == 0) {
        free(kept);
        for (size_t i = 1; i < 2000; i++)
            free(malloc(i * 10));
        _exit(0);
    }
    forks++;
    good += waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    errno = saved;
}

int main(void)
{
    pthread_t threads[3];
    kept = malloc(1000);
    for (uintptr_t i = 0; i < COUNT(threads); i++)
        threads[i] = start(churn, (void *)(i + 1));
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    for (int i = 1; i <= 200; i++) {
        CHECK(raise(SIGUSR1) == 0);
        CHECK(forks == i && good == i);
    }
    stop = 1;
    for (size_t i = 0; i < COUNT(threads); i++)
        finish(threads[i]);
    free(kept);
    return 0;
}
