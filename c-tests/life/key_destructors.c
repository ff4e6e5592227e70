/* Destructors of pthread keys allocate and free in every round up to the last one, after the allocator's
 * own end of thread. */
#include "test.h"

enum { THREADS = 200 };
static pthread_key_t keys[3];
static int rounds_seen;

struct state {
    int round;
    void *block;
};

static void destroy(void *value)
{
    struct state *state = value;
    CHECK(holds(state->block, 1000, (unsigned)state->round));
    free(state->block);
    for (size_t i = 1; i < 100; i++)
        free(malloc(i * 100));
    struct state *next = malloc(sizeof *next);
    CHECK(next != NULL);
    next->round = state->round + 1;
    next->block = malloc(1000);
    CHECK(next->block != NULL);
    fill(next->block, 1000, (unsigned)next->round);
    free(state);
    if (next->round >= PTHREAD_DESTRUCTOR_ITERATIONS) {
        __atomic_fetch_add(&rounds_seen, 1, __ATOMIC_RELAXED);
        free(next->block);
        free(next);
        return;
    }
    for (size_t i = 0; i < COUNT(keys); i++)
        if (pthread_getspecific(keys[i]) == NULL) {
            CHECK(pthread_setspecific(keys[i], next) == 0);
            return;
        }
}

static void *body(void *unused)
{
    for (size_t i = 0; i < COUNT(keys) - 1; i++) {
        struct state *state = malloc(sizeof *state);
        CHECK(state != NULL);
        state->round = 0;
        state->block = malloc(1000);
        CHECK(state->block != NULL);
        fill(state->block, 1000, 0);
        CHECK(pthread_setspecific(keys[i], state) == 0);
    }
    return unused;
}

int main(void)
{
    for (size_t i = 0; i < COUNT(keys); i++)
        CHECK(pthread_key_create(&keys[i], destroy) == 0);
    for (int i = 0; i < THREADS; i++)
        finish(start(body, NULL));
    CHECK(rounds_seen >= THREADS);
    return 0;
}
