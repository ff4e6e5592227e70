/* What every thread does: blocks of all sizes, in all ways, some of them from and for other threads; and the
 * signals that interrupt it. */
#ifndef STRESS_WORKER_H
#define STRESS_WORKER_H

#include "exchange.h"
#include <signal.h>

enum { SLOTS = 192 };

static struct {
    unsigned long seconds, threads, forks, live_mib;
} settings = {10, 4, 20, 96};

static _Atomic int stopping;
static _Atomic unsigned long signals_seen, forks_done, threads_begun, threads_ended;

/* A block of the thread that stays while this points to it: a handler may read it. */
static __thread const struct block *volatile shown;

/* What it points to is written before and changed after. */
static inline void show(const struct block *block)
{
    atomic_signal_fence(memory_order_seq_cst);
    shown = block;
    atomic_signal_fence(memory_order_seq_cst);
}

/* Async-signal-safe: reads a block of the thread's own, makes system calls, changes errno back. */
static inline void on_signal(int number)
{
    int kept = errno;
    unsigned char local[1024];
    const struct block *block = shown;
    write_content(local, sizeof local, (uint64_t)(unsigned)number);
    if (block != NULL)
        verify(block, "in a signal handler");
    errno = EINTR;
    sched_yield();
    check_content(local, sizeof local, (uint64_t)(unsigned)number, "on the stack of a signal handler");
    atomic_fetch_add_explicit(&signals_seen, 1, memory_order_relaxed);
    errno = kept;
}

struct hand {
    struct block slots[SLOTS];
    unsigned long random;
};

static inline size_t most_now(void)
{
    size_t live = atomic_load_explicit(&live_bytes, memory_order_relaxed);
    size_t limit = settings.live_mib * MIB;
    return live > limit ? 128 : live > limit / 2 ? 64 * KIB : 64 * MIB;
}

static inline void step(struct hand *hand)
{
    unsigned long *state = &hand->random;
    struct block *block = &hand->slots[next_random(state) % SLOTS];
    unsigned long dice = next_random(state) % 64;
    show(NULL);
    if (block->bytes == NULL) {
        *block = take(state, most_now());
        show(block->bytes != NULL && block->size < 4096 ? block : NULL);
    } else if (dice < 32) {
        give(block);
    } else if (dice < 42) {
        change(block, state, most_now());
    } else if (dice < 52) {
        swap_block(block, state);
    } else if (dice < 60) {
        verify(block, "at a random moment");
    } else {
        CHECK(malloc_usable_size(block->bytes) >= block->size);
    }
}

/* One phase in which the thread mostly takes, or mostly frees. */
static inline void lean(struct hand *hand)
{
    int gives = next_random(&hand->random) % 2 == 0;
    show(NULL);
    for (size_t i = 0; i < SLOTS; i++)
        if (gives)
            give(&hand->slots[i]);
        else if (hand->slots[i].bytes == NULL)
            hand->slots[i] = take(&hand->random, most_now());
}

static inline void let_go(struct hand *hand)
{
    show(NULL);
    for (size_t i = 0; i < SLOTS; i++)
        give(&hand->slots[i]);
}

#endif
