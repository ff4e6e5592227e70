/* A signal interrupts malloc itself and its handler forks, in a process of many threads: the child may end
 * or exec, and nobody waits for ever. */
/* beyond-glibc: its fork waits for the lock that the interrupted malloc holds */
#include "test.h"
#include <signal.h>
#include <sys/time.h>

static volatile int stop, forks, good;

static void *churn(void *seed)
{
    unsigned long state = (unsigned long)(uintptr_t)seed;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    while (!stop)
        free(malloc(next_random(&state) % 300000));
    return NULL;
}

static void handler(int number)
{
    (void)number;
    int saved = errno, status = 1;
    pid_t child = fork();
    if (child == 0) {
        if (forks % 20 == 0)
            execl("/bin/true", "true", (char *)NULL);
        _exit(0);
    }
    forks++;
    good += waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    errno = saved;
}

int main(void)
{
    pthread_t threads[2] = {start(churn, (void *)1), start(churn, (void *)2)};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    struct itimerval timer = {{0, 2000}, {0, 2000}};
    CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
    unsigned long state = 77;
    void *blocks[200] = {NULL};
    while (forks < 300) {
        size_t i = next_random(&state) % COUNT(blocks);
        size_t size = next_random(&state) % (state % 8 == 0 ? 300000 : 3000);
        free(blocks[i]);
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
    }
    memset(&timer, 0, sizeof timer);
    CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
    stop = 1;
    finish(threads[0]);
    finish(threads[1]);
    CHECK(good == forks);
    return 0;
}
