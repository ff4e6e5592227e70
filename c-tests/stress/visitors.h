/* What comes and goes beside the workers: threads that end in every way, libraries, children. */
#ifndef STRESS_VISITORS_H
#define STRESS_VISITORS_H

#include "worker.h"
#include <dlfcn.h>
#include <sched.h>

extern int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *library);
extern void *__dso_handle;

static pthread_key_t keys[3];

/* A block for a key or a thread-local object, and its record. */
struct legacy {
    struct block block;
    unsigned long random;
    int rounds;
};

static inline struct legacy *bequeath(unsigned long random, int rounds)
{
    struct legacy *legacy = malloc(sizeof *legacy);
    CHECK(legacy != NULL);
    *legacy = (struct legacy){take(&random, 8 * KIB), random | 1, rounds};
    return legacy;
}

/* Frees what the thread left, allocates, gives some of it to others, and comes back in the next round. */
static inline void on_thread_end(void *object)
{
    struct legacy *legacy = object;
    struct block block = take(&legacy->random, 4 * KIB);
    if (legacy->block.bytes != NULL)
        verify(&legacy->block, "in a destructor");
    give(&legacy->block);
    swap_block(&block, &legacy->random);
    give(&block);
    pthread_key_t key = keys[legacy->random % COUNT(keys)];
    if (legacy->rounds > 0 && pthread_getspecific(key) == NULL)
        CHECK(pthread_setspecific(key, bequeath(legacy->random, legacy->rounds - 1)) == 0);
    free(legacy);
}

static inline void work_shortly(struct hand *hand, unsigned long steps)
{
    while (steps-- > 0 && !atomic_load_explicit(&stopping, memory_order_relaxed))
        step(hand);
    show(NULL);
}

/* A thread that leaves blocks to its keys, to its thread-local objects and to others. */
static inline void *short_thread(void *argument)
{
    static _Atomic unsigned long number = 1;
    struct hand hand = {.random = atomic_fetch_add(&number, 2) * 2654435761u | 1};
    (void)argument;
    atomic_fetch_add(&threads_begun, 1);
    work_shortly(&hand, next_random(&hand.random) % 2000);
    for (size_t i = 0; i < COUNT(keys); i++)
        CHECK(pthread_setspecific(keys[i], bequeath(hand.random + i, 2)) == 0);
    CHECK(__cxa_thread_atexit_impl(on_thread_end, bequeath(hand.random, 1), &__dso_handle) == 0);
    for (size_t i = 0; i < SLOTS / 4; i++)
        swap_block(&hand.slots[i], &hand.random);
    let_go(&hand);
    atomic_fetch_add(&threads_ended, 1);
    return NULL;
}

static inline void on_cancel(void *argument)
{
    let_go(argument);
    atomic_fetch_add(&threads_ended, 1);
}

/* A thread that works until it is cancelled, at one of its own points of cancellation. */
static inline void *cancelled_thread(void *argument)
{
    struct hand hand = {.random = (uintptr_t)argument * 40503u | 1};
    atomic_fetch_add(&threads_begun, 1);
    pthread_cleanup_push(on_cancel, &hand);
    for (;;) {
        for (int i = 0; i < 50; i++)
            step(&hand);
        pthread_testcancel();
    }
    pthread_cleanup_pop(0);
    return NULL;
}

/* One round of threads: four that end by themselves, one detached, one cancelled. */
static inline void visit_threads(unsigned long *state)
{
    pthread_t threads[4], detached, cancelled = start(cancelled_thread, (void *)next_random(state));
    for (size_t i = 0; i < COUNT(threads); i++)
        threads[i] = start(short_thread, NULL);
    detached = start(short_thread, NULL);
    CHECK(pthread_detach(detached) == 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        finish(threads[i]);
    CHECK(pthread_cancel(cancelled) == 0);
    CHECK(finish(cancelled) == PTHREAD_CANCELED);
}

/* A library that allocates in its constructor and frees in its destructor. */
static inline void visit_library(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        quit(1, __FILE__, __LINE__, dlerror());
    int (*count)(void) = (int (*)(void))dlsym(library, "visitor_blocks");
    CHECK(count != NULL && count() > 0);
    CHECK(dlclose(library) == 0);
}

/* A child: frees what its parent allocated, allocates, starts threads, has a child of its own. The hand is a
 * copy of that of the thread that forked. */
static inline void be_child(struct hand *hand, int deeper)
{
    alarm(60);
    hand->random = mixed(hand->random ^ (unsigned long)getpid()) | 1;
    let_go(hand);
    for (int i = 0; i < 300; i++)
        step(hand);
    pthread_t threads[2] = {start(short_thread, NULL), start(short_thread, NULL)};
    for (int i = 0; i < 300; i++)
        step(hand);
    if (deeper) {
        pid_t child = fork();
        if (child == 0) {
            be_child(hand, 0);
            _exit(0);
        }
        wait_ok(child);
    }
    finish(threads[0]);
    finish(threads[1]);
    let_go(hand);
    if (next_random(&hand->random) % 4 == 0) {
        empty_exchange();
        malloc_trim(0);
    }
}

static inline void visit_child(struct hand *hand)
{
    show(NULL);
    pid_t child = fork();
    if (child == 0) {
        be_child(hand, next_random(&hand->random) % 8 == 0);
        _exit(0);
    }
    wait_ok(child);
    atomic_fetch_add(&forks_done, 1);
}

#endif
