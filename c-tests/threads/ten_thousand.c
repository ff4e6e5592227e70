/* 10,000 short threads, one after the other and eight at a time: quick, and without growth. */
#include "test.h"

static void *body(void *unused)
{
    void *blocks[20];
    for (size_t i = 0; i < COUNT(blocks); i++) {
        blocks[i] = malloc(i * 50 + 1);
        CHECK(blocks[i] != NULL);
        touch(blocks[i], i * 50 + 1);
    }
    for (size_t i = 0; i < COUNT(blocks); i++)
        free(blocks[i]);
    return unused;
}

int main(void)
{
    size_t before = 0;
    for (int i = 0; i < 10000; i += 8) {
        pthread_t threads[8];
        if (i == 2000)
            before = resident_kib();
        for (int t = 0; t < 8; t++)
            threads[t] = start(body, NULL);
        for (int t = 0; t < 8; t++)
            finish(threads[t]);
    }
    CHECK_AT_MOST(resident_kib(), before + 6 * KIB);
    return 0;
}
