/* A server after Larson and Krishnan: each of THREADS chains of threads has an area of slots. A thread
 * replaces blocks of random size in random slots, hands the area to a new thread and ends, so that blocks
 * are freed by threads that did not allocate them, and their owners are gone.
 *
 * small: 16 to 512 bytes; wide: Pareto sizes from 16 bytes to 32 KiB. */
#include "bench.h"

enum { SLOTS = 5000, LIFE = 20000 };
enum mode { SMALL, WIDE };

struct area {
    void *slots[SLOTS];
    uint64_t random;
    size_t lives;
};

static enum mode mode;
static sem_t ended;

static size_t next_size(uint64_t *random) {
    return mode == SMALL ? between(random, 16, 512) : pareto(random, 16, 32 * KB);
}

static void *live(void *argument) {
    struct area *area = argument;
    for (int i = 0; i < LIFE; i++) {
        void **slot = &area->slots[below(&area->random, SLOTS)];
        drop(*slot);
        *slot = take(next_size(&area->random));
    }
    if (--area->lives > 0)
        start_thread(live, area, STACK, true);
    else
        sem_post(&ended);
    return NULL;
}

int main(int argc, char **argv) {
    mode = (enum mode)read_arguments(argc, argv, "small|wide");
    struct area **areas = zeroed((size_t)threads, sizeof *areas);
    sem_init(&ended, 0, 0);
    for (int i = 0; i < threads; i++) {
        struct area *area = areas[i] = zeroed(1, sizeof *area);
        area->random = seed((uint64_t)i);
        area->lives = share(mode == SMALL ? 1000 : 1600);
        for (int slot = 0; slot < SLOTS; slot++)
            area->slots[slot] = take(next_size(&area->random));
    }
    for (int i = 0; i < threads; i++)
        start_thread(live, areas[i], STACK, true);
    for (int i = 0; i < threads; i++)
        while (sem_wait(&ended) != 0) {
        }
    for (int i = 0; i < threads; i++) {
        for (int slot = 0; slot < SLOTS; slot++)
            drop(areas[i]->slots[slot]);
        free(areas[i]);
    }
    free(areas);
    return 0;
}
