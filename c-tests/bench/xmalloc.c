/* Pure producers and pure consumers, after Lever and Boreham: one half of the threads only allocates and
 * passes batches of blocks on, the other half only frees them.
 *
 * one: all blocks have 64 bytes; mixed: Pareto sizes from 16 bytes to 8 KiB. */
#include "bench.h"

enum { BATCH = 1000, MOST_WAITING = 12 };
enum mode { ONE, MIXED };

struct batch {
    struct batch *next;
    void *blocks[BATCH];
};

static enum mode mode;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER, emptied = PTHREAD_COND_INITIALIZER;
static struct batch *first, **last = &first;
static int waiting, producing;

static void put(struct batch *batch) {
    batch->next = NULL;
    pthread_mutex_lock(&lock);
    while (waiting == MOST_WAITING)
        pthread_cond_wait(&emptied, &lock);
    *last = batch;
    last = &batch->next;
    waiting++;
    pthread_cond_signal(&filled);
    pthread_mutex_unlock(&lock);
}

/* The oldest batch, NULL when no more will come. */
static struct batch *get(void) {
    pthread_mutex_lock(&lock);
    while (first == NULL && producing > 0)
        pthread_cond_wait(&filled, &lock);
    struct batch *batch = first;
    if (batch != NULL) {
        first = batch->next;
        if (first == NULL)
            last = &first;
        waiting--;
        pthread_cond_signal(&emptied);
    }
    pthread_mutex_unlock(&lock);
    return batch;
}

static void produce(uint64_t random) {
    for (size_t made = 0, end = share(mode == ONE ? 32000 : 20000); made < end; made++) {
        struct batch *batch = malloc(sizeof *batch);
        if (batch == NULL)
            give_up("malloc");
        for (int i = 0; i < BATCH; i++)
            batch->blocks[i] = take(mode == ONE ? 64 : pareto(&random, 16, 8 * KB));
        put(batch);
    }
    pthread_mutex_lock(&lock);
    if (--producing == 0)
        pthread_cond_broadcast(&filled);
    pthread_mutex_unlock(&lock);
}

static void consume(void) {
    for (struct batch *batch; (batch = get()) != NULL; free(batch))
        for (int i = 0; i < BATCH; i++)
            drop(batch->blocks[i]);
}

static void half(int index) {
    if (index % 2 == 0)
        produce(seed((uint64_t)index));
    else
        consume();
}

int main(int argc, char **argv) {
    mode = (enum mode)read_arguments(argc, argv, "one|mixed");
    if (threads % 2 != 0)
        return 2;
    producing = threads / 2;
    run_crew(threads, half);
    return 0;
}
