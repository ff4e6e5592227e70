/* pthread_atfork handlers take locks that the program holds around malloc, registered before and after the
 * allocator's own: no order of locks ends in a deadlock. */
/* timeout: 120 */
#include "test.h"

static volatile int stop;
static pthread_mutex_t early_lock = PTHREAD_MUTEX_INITIALIZER, late_lock = PTHREAD_MUTEX_INITIALIZER;

static void lock_early(void)
{
    pthread_mutex_lock(&early_lock);
}

static void unlock_early(void)
{
    pthread_mutex_unlock(&early_lock);
}

static void lock_late(void)
{
    pthread_mutex_lock(&late_lock);
}

static void unlock_late(void)
{
    pthread_mutex_unlock(&late_lock);
}

static void early(void)
{
    CHECK(pthread_atfork(lock_early, unlock_early, unlock_early) == 0);
}

__attribute__((section(".preinit_array"), used)) static void (*const hook)(void) = early;

static void *churn(void *lock)
{
    unsigned long state = (unsigned long)(uintptr_t)lock;
    void *blocks[16] = {NULL};
    while (!stop) {
        pthread_mutex_lock(lock);
        for (size_t i = 0; i < COUNT(blocks); i++) {
            free(blocks[i]);
            blocks[i] = malloc(next_random(&state) % (i == 0 ? 400000 : 5000));
            CHECK(blocks[i] != NULL);
        }
        pthread_mutex_unlock(lock);
    }
    for (size_t i = 0; i < COUNT(blocks); i++)
        free(blocks[i]);
    return NULL;
}

int main(void)
{
    CHECK(pthread_atfork(lock_late, unlock_late, unlock_late) == 0);
    pthread_t threads[4] = {start(churn, &early_lock), start(churn, &late_lock), start(churn, &early_lock),
                            start(churn, &late_lock)};
    for (int i = 0; i < 200; i++) {
        pid_t child = fork();
        if (child == 0) {
            pthread_mutex_lock(&early_lock);
            pthread_mutex_lock(&late_lock);
            for (size_t n = 1; n < 500; n++)
                free(malloc(n * 100));
            _exit(0);
        }
        wait_ok(child);
    }
    stop = 1;
    for (size_t i = 0; i < COUNT(threads); i++)
        finish(threads[i]);
    return 0;
}
