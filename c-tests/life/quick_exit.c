/* Handlers of quick_exit allocate and free, while other threads go on allocating. */
/* expect-stdout: handler */
#include "test.h"

static void handler(void)
{
    for (size_t i = 1; i < 5000; i++)
        free(malloc(i * 17));
    CHECK(write(1, "handler", 7) == 7);
}

static void *churn(void *unused)
{
    unsigned long state = 5;
    for (;;)
        free(malloc(next_random(&state) % 100000));
    return unused;
}

int main(void)
{
    start(churn, NULL);
    start(churn, NULL);
    CHECK(at_quick_exit(handler) == 0);
    quick_exit(0);
}
