/* What goes back of the memory of several heaps that have grown large, which threads keep that sleep then. */
#ifndef PIG_PLOTS_H
#define PIG_PLOTS_H

#include "test.h"

#include <pthread.h>

static pthread_barrier_t turn;

/* Frees all but one of so many blocks. */
static inline void free_most(char **blocks, int count, int kept)
{
    for (int i = 0; i < count; i++)
        if (i % kept != 0)
            free(blocks[i]);
}

/* Threads that do `work`, with their number, take so many turns together; then no more may be left of them. */
static inline void check_left(size_t threads, void *(*work)(void *), int turns, size_t most_kib)
{
    CHECK(pthread_barrier_init(&turn, NULL, (unsigned)threads + 1) == 0);
    earn_heap();
    size_t before = resident_kib();
    for (size_t i = 0; i < threads; i++)
        start(work, (void *)i);
    for (int i = 0; i < turns; i++)
        pthread_barrier_wait(&turn);
    malloc_trim(0);
    CHECK_AT_MOST(resident_kib(), before + most_kib);
}

#endif
