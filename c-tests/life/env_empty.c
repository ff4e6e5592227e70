/* A process without any environment but the preload (env -i) works. */
/* env-clear: yes */
#include "test.h"

extern char **environ;

int main(void)
{
    for (char **variable = environ; *variable != NULL; variable++)
        CHECK(strncmp(*variable, "LD_PRELOAD=", 11) == 0);
    CHECK(clearenv() == 0);
    for (size_t size = 1; size < 50 * MIB; size = size * 2 + 1) {
        void *block = malloc(size);
        CHECK(block != NULL);
        fill(block, size, 1);
        free(block);
    }
    CHECK(setenv("NEW", "value", 1) == 0 && strcmp(getenv("NEW"), "value") == 0);
    return 0;
}
