/* A process with 10,000 environment variables, some of them long, starts and works. */
#include "test.h"

extern char **environ;

int main(int argc, char **argv)
{
    enum { MANY = 10000 };
    size_t n = 0;
    if (argc > 1) {
        for (char **variable = environ; *variable != NULL; variable++)
            n++;
        CHECK(n >= MANY && strcmp(getenv("VARIABLE_9999"), "x") == 0);
        for (size_t i = 1; i < 5000; i++)
            free(malloc(i * 20));
        return 0;
    }
    for (int i = 0; i < MANY; i++) {
        char name[32], value[2000];
        size_t length = i % 1000 == 0 ? sizeof value - 1 : 1;
        snprintf(name, sizeof name, "VARIABLE_%d", i);
        memset(value, 'x', length);
        value[length] = 0;
        CHECK(setenv(name, value, 1) == 0);
    }
    char *arguments[] = {argv[0], (char *)"again", NULL};
    execv("/proc/self/exe", arguments);
    return 1;
}
