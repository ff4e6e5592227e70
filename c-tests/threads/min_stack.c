/* Threads with the smallest stack the system allows (PTHREAD_STACK_MIN) use all of malloc. */
#include "test.h"

static void *body(void *unused)
{
    for (size_t size = 1; size < 64 * MIB; size = size * 2 + 1) {
        char *block = malloc(size), *zero = calloc(1, size), *aligned = memalign(4096, size);
        CHECK(block != NULL && zero != NULL && aligned != NULL);
        block[size - 1] = 1;
        block = realloc(block, size * 2);
        CHECK(block != NULL && block[size - 1] == 1);
        free(block);
        free(zero);
        free(aligned);
    }
    for (size_t i = 0; i < 3000; i++)
        free(malloc(i));
    CHECK(malloc(hide_size(SIZE_MAX)) == NULL);
    malloc_trim(0);
    mallinfo2();
    return unused;
}

int main(void)
{
    pthread_attr_t attributes;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN) == 0);
    for (int i = 0; i < 12; i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, &attributes, body, NULL) == 0);
        finish(thread);
    }
    return 0;
}
