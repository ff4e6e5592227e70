/* A stderr on which every write fails, or that is a pipe without reader, hurts nobody who asks for
 * statistics. */
#include "test.h"
#include <signal.h>

int main(void)
{
    int saved = dup(2), pipes[2], full = open("/dev/full", O_WRONLY);
    CHECK(saved >= 0 && full >= 0 && pipe(pipes) == 0);
    signal(SIGPIPE, SIG_IGN);
    close(pipes[0]);
    CHECK(dup2(full, 2) == 2);
    malloc_stats();
    CHECK(dup2(pipes[1], 2) == 2);
    malloc_stats();
    void *block = malloc(100);
    CHECK(dup2(saved, 2) == 2);
    CHECK(block != NULL);
    free(block);
    return 0;
}
