/* Batches of blocks freed in a certain order, after MicroQuill's sh6bench and sh8bench.
 *
 * lifo: the last one first; reverse: in the order of their allocation; both: half of a batch so, half so,
 * while one block in ten stays for another batch; cross: as both, but every other batch is freed by the next
 * thread. */
#include "bench.h"

enum { BATCH = 3000, KEPT = BATCH / 10 };
enum mode { LIFO, REVERSE, BOTH, CROSS };

struct batch {
    void *blocks[BATCH];
};

static enum mode mode;
static void *handed[MOST_THREADS];

static void drop_up(void **blocks, int from, int to) {
    for (int i = from; i < to; i++)
        drop(blocks[i]);
}

static void drop_down(void **blocks, int from, int to) {
    for (int i = to; i-- > from;)
        drop(blocks[i]);
}

static void end_batch(struct batch *batch, enum mode order) {
    drop_up(batch->blocks, 0, order == REVERSE ? BATCH : order == LIFO ? 0 : BATCH / 2);
    drop_down(batch->blocks, order == REVERSE ? BATCH : order == LIFO ? 0 : BATCH / 2, BATCH);
    free(batch);
}

static struct batch *new_batch(size_t round) {
    struct batch *batch = zeroed(1, sizeof *batch);
    /* Runs of blocks of one size, which grows from run to run, a bit of everything in each batch. */
    for (int i = 0; i < BATCH; i++)
        batch->blocks[i] = take(16 + (round * 7 + (size_t)i / 50 * 33) % 984);
    return batch;
}

static void rounds(int index) {
    void *kept[KEPT] = {NULL};
    for (size_t round = 0, end = share(mode == CROSS ? 5000 : 8000); round < end; round++) {
        struct batch *batch = new_batch(round);
        if (mode == BOTH || mode == CROSS)
            for (int i = 0; i < KEPT; i++) {
                void *stays = batch->blocks[i * 10];
                batch->blocks[i * 10] = kept[i];
                kept[i] = stays;
            }
        if (mode == CROSS && round % 2 == 0)
            batch = exchange(&handed[(index + 1) % threads], batch);
        if (batch != NULL)
            end_batch(batch, mode);
        if (mode == CROSS && (batch = exchange(&handed[index], NULL)) != NULL)
            end_batch(batch, mode);
    }
    drop_up(kept, 0, KEPT);
}

int main(int argc, char **argv) {
    mode = (enum mode)read_arguments(argc, argv, "lifo|reverse|both|cross");
    run_crew(threads, rounds);
    for (int i = 0; i < threads; i++)
        if (handed[i] != NULL)
            end_batch(handed[i], mode);
    return 0;
}
