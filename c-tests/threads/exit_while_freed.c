/* Threads exit while others free their blocks, thousands of times over: contents hold and memory stays
 * bounded. */
#include "test.h"

enum { ROUNDS = 900, BLOCKS = 300 };

struct batch {
    void *blocks[BLOCKS];
    int ready;
};

static struct batch batches[2];

static void *producer(void *argument)
{
    struct batch *batch = argument;
    for (size_t i = 0; i < BLOCKS; i++) {
        batch->blocks[i] = malloc(i * 8 + 8);
        CHECK(batch->blocks[i] != NULL);
        fill(batch->blocks[i], 8, (unsigned)i);
        if (i == BLOCKS / 2)
            __atomic_store_n(&batch->ready, 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

int main(void)
{
    size_t before = 0;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t threads[2];
        if (round == ROUNDS / 3)
            before = resident_kib();
        for (int t = 0; t < 2; t++) {
            batches[t].ready = 0;
            threads[t] = start(producer, &batches[t]);
        }
        for (int t = 0; t < 2; t++) {
            while (!__atomic_load_n(&batches[t].ready, __ATOMIC_ACQUIRE))
                ;
            for (size_t i = 0; i < BLOCKS / 2; i++) {
                CHECK(holds(batches[t].blocks[i], 8, (unsigned)i));
                free(batches[t].blocks[i]);
            }
        }
        for (int t = 0; t < 2; t++) {
            finish(threads[t]);
            for (size_t i = BLOCKS / 2; i < BLOCKS; i++) {
                CHECK(holds(batches[t].blocks[i], 8, (unsigned)i));
                free(batches[t].blocks[i]);
            }
        }
    }
    CHECK_AT_MOST(resident_kib(), before + 8 * KIB);
    return 0;
}
