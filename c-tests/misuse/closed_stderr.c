/* With stderr closed a double free ends in SIGABRT all the same. */
#include "misuse/misuse.h"
#include <signal.h>

int main(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        void *block = malloc(100);
        close(2);
        free(block);
        free(hide(block));
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    return 0;
}
