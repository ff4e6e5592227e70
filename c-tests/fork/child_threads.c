/* The child of a many-threaded process starts threads and forks again, four generations deep. */
/* timeout: 120 */
#include "test.h"

static void *churn(void *stop)
{
    unsigned long state = 31;
    for (int i = 0; stop == NULL ? i < 3000 : !*(volatile int *)stop; i++)
        free(malloc(next_random(&state) % 9000));
    return NULL;
}

static void generation(int left)
{
    int stop = 0;
    pthread_t threads[3];
    for (size_t i = 0; i < COUNT(threads); i++)
        threads[i] = start(churn, &stop);
    void *block = malloc(5000);
    CHECK(block != NULL);
    fill(block, 5000, (unsigned)left);
    if (left > 0) {
        pid_t child = fork();
        if (child == 0) {
            CHECK(holds(block, 5000, (unsigned)left));
            free(block);
            finish(start(churn, NULL));
            generation(left - 1);
            _exit(0);
        }
        wait_ok(child);
    }
    stop = 1;
    for (size_t i = 0; i < COUNT(threads); i++)
        finish(threads[i]);
    free(block);
}

int main(void)
{
    for (int round = 0; round < 8; round++)
        generation(4);
    return 0;
}
