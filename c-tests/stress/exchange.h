/* Where threads leave blocks for each other. */
#ifndef STRESS_EXCHANGE_H
#define STRESS_EXCHANGE_H

#include "blocks.h"

enum { PLACES = 4096 };

static struct place {
    atomic_flag busy;
    struct block block;
} places[PLACES];

/* Puts a block in a place and takes out what was there. A place that somebody is at, or that a fork has left
 * busy, changes nothing. */
static inline void swap_block(struct block *block, unsigned long *state)
{
    struct place *place = &places[next_random(state) % PLACES];
    if (atomic_flag_test_and_set_explicit(&place->busy, memory_order_acquire))
        return;
    struct block other = place->block;
    place->block = *block;
    atomic_flag_clear_explicit(&place->busy, memory_order_release);
    *block = other;
}

/* Frees all that lies there; nobody else is at it. */
static inline void empty_exchange(void)
{
    for (size_t i = 0; i < PLACES; i++)
        if (!atomic_flag_test_and_set(&places[i].busy)) {
            give(&places[i].block);
            atomic_flag_clear(&places[i].busy);
        }
}

#endif
