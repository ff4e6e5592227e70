/* The allocator changes neither the exit code nor what the program prints at its end. */
/* expect-stdout: 7 */
#include "test.h"

int main(void)
{
    pid_t child = fork();
    if (child == 0) {
        free(malloc(100));
        exit(7);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    printf("%d\n", WEXITSTATUS(status));
    return 0;
}
