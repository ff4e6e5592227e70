/* Threads that allocate and free blocks of 64 KiB to 1 MiB at the same time, while one gives memory back: none is
 * handed out twice, zeroed ones are zero, and nothing stays when all is freed. */
/* timeout: 120 */
#include "test.h"
#include <malloc.h>

enum { THREADS = 4, SLOTS = 6, STEPS = 12000, SPARE_KIB = 12 << 10 };

struct item {
    size_t size;
    unsigned long seed;
};

static int done;

static unsigned long *last_word(struct item *item)
{
    return (unsigned long *)((char *)item + item->size) - 1;
}

static void *body(void *number)
{
    struct item *items[SLOTS] = {NULL};
    unsigned long state = 12345 + (unsigned long)(uintptr_t)number * 977;
    for (int step = 0; step < STEPS; step++) {
        struct item **item = &items[next_random(&state) % SLOTS];
        if (*item != NULL) {
            CHECK(*last_word(*item) == (*item)->seed);
            free(*item);
        }
        /* Some lengths often, others now and then. */
        size_t size = next_random(&state) % 4 != 0 ? 500000 : 66000 + next_random(&state) % 950000 / 8 * 8;
        int is_zeroed = next_random(&state) % 8 == 0;
        *item = is_zeroed ? calloc(1, size) : malloc(size);
        CHECK(*item != NULL);
        CHECK(!is_zeroed || is_zero(*item, size));
        (*item)->size = size;
        *last_word(*item) = (*item)->seed = next_random(&state);
    }
    for (int i = 0; i < SLOTS; i++)
        free(items[i]);
    __atomic_add_fetch(&done, 1, __ATOMIC_RELEASE);
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    size_t before = resident_kib();
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = start(body, (void *)i);
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) < THREADS) {
        sleep_ms(5);
        malloc_trim(0);
    }
    for (int i = 0; i < THREADS; i++)
        finish(threads[i]);
    malloc_trim(0);
    CHECK(resident_kib() < before + SPARE_KIB);
    return 0;
}
