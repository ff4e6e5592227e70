/* A second thread, for what is different where there are several. */
#ifndef C_TESTS_BESIDE_H
#define C_TESTS_BESIDE_H

#include "test.h"

#include <pthread.h>

/* Of both threads. */
static pthread_barrier_t beside;
static void (*beside_work)(unsigned long);

/* It sleeps in the end: a thread's end gives memory back with all signals blocked, which the trap of pig/advice.h does
 * not survive. */
static void *work_and_sleep(void *unused)
{
    beside_work(7);
    pthread_barrier_wait(&beside);
    for (;;)
        pause();
    return unused;
}

/* Has both threads do some work at the same time, and returns when both have. */
static void work_beside(void (*work)(unsigned long state))
{
    beside_work = work;
    CHECK(pthread_barrier_init(&beside, NULL, 2) == 0);
    start(work_and_sleep, NULL);
    work(5);
    pthread_barrier_wait(&beside);
}

/* Work that is no more than to get a heap. */
static inline void only_earn_heap(unsigned long unused)
{
    (void)unused;
    earn_heap();
}

#endif
