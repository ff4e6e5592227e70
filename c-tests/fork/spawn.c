/* posix_spawn, popen, system and vfork with exec work while all threads allocate. */
/* timeout: 120 */
#include "test.h"
#include <spawn.h>

extern char **environ;
static volatile int stop;

static void *churn(void *seed)
{
    unsigned long state = (unsigned long)(uintptr_t)seed;
    while (!stop)
        free(malloc(next_random(&state) % 100000));
    return NULL;
}

static void spawned(void)
{
    pid_t child;
    char *arguments[] = {(char *)"true", NULL};
    CHECK(posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ) == 0);
    wait_ok(child);
}

static void opened(void)
{
    char line[64] = "";
    FILE *pipe = popen("echo through the pipe", "r");
    CHECK(pipe != NULL && fgets(line, sizeof line, pipe) != NULL);
    CHECK(strcmp(line, "through the pipe\n") == 0 && pclose(pipe) == 0);
}

__attribute__((noinline)) static void vforked(void)
{
    pid_t child = vfork();
    if (child == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    wait_ok(child);
}

int main(void)
{
    pthread_t threads[2] = {start(churn, (void *)1), start(churn, (void *)2)};
    for (int i = 0; i < 40; i++) {
        spawned();
        opened();
        CHECK(system("exit 3") == 3 << 8);
        vforked();
    }
    stop = 1;
    finish(threads[0]);
    finish(threads[1]);
    return 0;
}
