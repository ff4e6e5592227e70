/* Blocks outlive the thread that allocated them: content and size stay, and they can be resized and freed
 * by anyone. */
#include "test.h"

static void *make(void *unused)
{
    (void)unused;
    void **blocks = malloc(60 * sizeof *blocks);
    CHECK(blocks != NULL);
    for (size_t i = 0; i < 60; i++) {
        blocks[i] = malloc(i * i * 100 + 1);
        CHECK(blocks[i] != NULL);
        fill(blocks[i], i * i * 100 + 1, (unsigned)i);
    }
    return blocks;
}

static void *take(void *argument)
{
    void **blocks = argument;
    for (size_t i = 0; i < 60; i++) {
        size_t size = i * i * 100 + 1;
        CHECK(malloc_usable_size(blocks[i]) >= size && holds(blocks[i], size, (unsigned)i));
        if (i % 2) {
            blocks[i] = realloc(blocks[i], size * 2);
            CHECK(blocks[i] != NULL && holds(blocks[i], size, (unsigned)i));
        }
        free(blocks[i]);
    }
    free(blocks);
    return NULL;
}

int main(void)
{
    for (int round = 0; round < 30; round++) {
        void *first = finish(start(make, NULL)), *second = finish(start(make, NULL));
        finish(start(take, first));
        take(second);
    }
    return 0;
}
