/* Any thread frees, reallocates and asks the size of any block: a ring of threads that pass blocks on. */
#include "test.h"

enum { THREADS = 4, SLOTS = 256, STEPS = 60000 };

struct item {
    size_t size;
    unsigned seed;
    unsigned char bytes[];
};

static struct item *slots[SLOTS];

static struct item *changed(struct item *item, unsigned long *state)
{
    size_t size = next_random(state) % (next_random(state) % 50 == 0 ? 200000 : 2000) + 1;
    if (item != NULL) {
        CHECK(malloc_usable_size(item) >= sizeof *item + item->size);
        CHECK(holds(item->bytes, item->size, item->seed));
        if (next_random(state) % 3 == 0) {
            size_t kept = size < item->size ? size : item->size;
            item = realloc(item, sizeof *item + size);
            CHECK(item != NULL && holds(item->bytes, kept, item->seed));
        } else {
            free(item);
            item = NULL;
        }
    }
    if (item == NULL)
        item = malloc(sizeof *item + size);
    CHECK(item != NULL);
    item->size = size;
    item->seed = (unsigned)next_random(state);
    fill(item->bytes, size, item->seed);
    return item;
}

static void *body(void *number)
{
    unsigned long state = 12345 + (unsigned long)(uintptr_t)number * 977;
    for (int step = 0; step < STEPS; step++) {
        size_t i = next_random(&state) % SLOTS;
        struct item *item = __atomic_exchange_n(&slots[i], NULL, __ATOMIC_ACQ_REL);
        item = changed(item, &state);
        item = __atomic_exchange_n(&slots[i], item, __ATOMIC_ACQ_REL);
        free(item);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = start(body, (void *)i);
    for (size_t i = 0; i < THREADS; i++)
        finish(threads[i]);
    for (size_t i = 0; i < SLOTS; i++)
        free(slots[i]);
    return 0;
}
