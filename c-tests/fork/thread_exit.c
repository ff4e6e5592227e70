/* fork while other threads start and end without pause; the child allocates and starts threads at once. */
/* timeout: 120 */
#include "test.h"

static volatile int stop;
static void *volatile left[32];

static void *brief(void *unused)
{
    for (size_t i = 0; i < COUNT(left); i++)
        free(__atomic_exchange_n(&left[i], malloc(i * 100 + 1), __ATOMIC_ACQ_REL));
    return unused;
}

static void *starter(void *unused)
{
    while (!stop) {
        pthread_t threads[4];
        for (size_t i = 0; i < COUNT(threads); i++)
            threads[i] = start(brief, NULL);
        for (size_t i = 0; i < COUNT(threads); i++)
            finish(threads[i]);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[2] = {start(starter, NULL), start(starter, NULL)};
    for (int i = 0; i < 300; i++) {
        pid_t child = fork();
        if (child == 0) {
            brief(NULL);
            finish(start(brief, NULL));
            _exit(0);
        }
        wait_ok(child);
    }
    stop = 1;
    finish(threads[0]);
    finish(threads[1]);
    return 0;
}
