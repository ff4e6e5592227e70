/* The first allocations of a process come from several threads at once: the allocator starts once, and every
 * thread is served. */
/* beyond-glibc: its malloc trusts that a process has one thread when it starts */
#include "test.h"
#include <dlfcn.h>

enum { CHILDREN = 400, THREADS = 8, BLOCKS = 50 };

/* To create a thread allocates. So that this does not start the allocator, the program has functions of its
 * own, which give from a buffer and take nothing back; the threads call the next ones, the allocator's. */
static _Alignas(16) char buffer[1 << 20];
static size_t used;

void *malloc(size_t size)
{
    size_t at = __atomic_fetch_add(&used, (size + 15) & ~(size_t)15, __ATOMIC_RELAXED);
    CHECK(at + size <= sizeof buffer);
    return buffer + at;
}

void *calloc(size_t n, size_t size)
{
    return malloc(n * size);
}

void free(void *block)
{
    hide(block);
}

static void *(*next_malloc)(size_t);
static void (*next_free)(void *);
static int waiting;

static void *first(void *seed)
{
    unsigned char *blocks[BLOCKS];
    __atomic_fetch_add(&waiting, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&waiting, __ATOMIC_ACQUIRE) < THREADS)
        sched_yield();
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = next_malloc(i * 40 + 1);
        CHECK(blocks[i] != NULL);
        fill(blocks[i], i * 40 + 1, (unsigned)(uintptr_t)seed);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        CHECK(holds(blocks[i], i * 40 + 1, (unsigned)(uintptr_t)seed));
        next_free(blocks[i]);
    }
    return NULL;
}

/* Runs before any constructor, the allocator's included. */
static void before_all(void)
{
    next_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    next_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
    CHECK(next_malloc != NULL && next_free != NULL);
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork();
        if (child == 0) {
            pthread_t threads[THREADS];
            alarm(5);
            for (uintptr_t n = 0; n < THREADS; n++)
                threads[n] = start(first, (void *)n);
            for (size_t n = 0; n < THREADS; n++)
                finish(threads[n]);
            _exit(0);
        }
        wait_ok(child);
    }
}

__attribute__((section(".preinit_array"), used)) static void (*const hook)(void) = before_all;

int main(void)
{
    return 0;
}
