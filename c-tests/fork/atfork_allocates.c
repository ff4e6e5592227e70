/* pthread_atfork handlers that allocate, registered before the allocator's first work and late in main,
 * around a fork of a many-threaded process. */
/* timeout: 120 */
#include "test.h"

static volatile int stop;
static int prepared, in_parent, in_child;
static void *held;

static void work(void)
{
    for (size_t size = 1; size < 2 * MIB; size = size * 3 + 1) {
        void *block = malloc(size);
        CHECK(block != NULL);
        touch(block, size);
        free(block);
    }
}

static void prepare(void)
{
    prepared++;
    work();
    free(held);
    held = malloc(3000);
}

static void parent(void)
{
    in_parent++;
    work();
    held = realloc(held, 100000);
}

static void child(void)
{
    in_child++;
    work();
    held = realloc(held, 200000);
}

static void early(void)
{
    CHECK(pthread_atfork(prepare, parent, child) == 0);
}

__attribute__((section(".preinit_array"), used)) static void (*const hook)(void) = early;

static void *churn(void *seed)
{
    unsigned long state = (unsigned long)(uintptr_t)seed;
    while (!stop)
        free(malloc(next_random(&state) % 100000));
    return NULL;
}

int main(void)
{
    pthread_t threads[3];
    CHECK(pthread_atfork(prepare, parent, child) == 0);
    for (uintptr_t i = 0; i < COUNT(threads); i++)
        threads[i] = start(churn, (void *)(i + 1));
    for (int i = 0; i < 150; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            work();
            _exit(in_child == 2 ? 0 : 1);
        }
        wait_ok(pid);
    }
    CHECK(prepared == 300 && in_parent == 300);
    stop = 1;
    for (size_t i = 0; i < COUNT(threads); i++)
        finish(threads[i]);
    return 0;
}
