/* mmap, munmap, madvise, mprotect, mremap and pthread functions interposed by a library that allocates in
 * them: no recursion, no deadlock. */
/* preload-before: life/hook.so */
#include "test.h"
#include <dlfcn.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *unused)
{
    void *blocks[1000];
    for (size_t round = 0; round < 5; round++) {
        for (size_t i = 0; i < COUNT(blocks); i++) {
            blocks[i] = malloc(i * i / 4 + 1);
            CHECK(blocks[i] != NULL);
            fill(blocks[i], 1, (unsigned)i);
        }
        pthread_mutex_lock(&mutex);
        free(realloc(malloc(40 * MIB), 50 * MIB));
        pthread_mutex_unlock(&mutex);
        for (size_t i = 0; i < COUNT(blocks); i++) {
            CHECK(holds(blocks[i], 1, (unsigned)i));
            free(blocks[i]);
        }
        malloc_trim(0);
    }
    return unused;
}

int main(void)
{
    int (*calls)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "hook_calls");
    CHECK(calls != NULL);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED && munmap(page, 4096) == 0);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        threads[i] = start(work, NULL);
    work(NULL);
    for (size_t i = 0; i < 4; i++)
        finish(threads[i]);
    pid_t child = fork();
    if (child == 0) {
        work(NULL);
        _exit(0);
    }
    wait_ok(child);
    CHECK(calls() > 10);
    return 0;
}
