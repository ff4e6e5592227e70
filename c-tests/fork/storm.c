/* Every thread forks, all at the same time, and every child allocates, frees and ends. */
/* timeout: 120 */
#include "test.h"

static void *body(void *seed)
{
    unsigned long state = (unsigned long)(uintptr_t)seed;
    for (int i = 0; i < 60; i++) {
        void *block = malloc(next_random(&state) % 50000 + 1);
        CHECK(block != NULL);
        pid_t child = fork();
        if (child == 0) {
            free(block);
            for (size_t n = 1; n < 300; n++)
                free(malloc(n * 50));
            _exit(0);
        }
        wait_ok(child);
        free(block);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[8];
    for (uintptr_t i = 0; i < COUNT(threads); i++)
        threads[i] = start(body, (void *)(i + 1));
    for (size_t i = 0; i < COUNT(threads); i++)
        finish(threads[i]);
    return 0;
}
