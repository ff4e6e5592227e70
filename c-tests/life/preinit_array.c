/* Blocks allocated in preinit_array, before any constructor, are as good as others: main resizes and frees
 * them. */
#include "test.h"

static void *early[6];

static void before_all(void)
{
    early[0] = malloc(100);
    early[1] = calloc(50, 2);
    early[2] = realloc(malloc(10), 100000);
    early[3] = memalign(4096, 100);
    early[4] = malloc(40 * MIB);
    early[5] = malloc(100);
    free(early[5]);
    for (size_t i = 0; i < 5; i++) {
        CHECK(early[i] != NULL);
        fill(early[i], 100, (unsigned)i);
    }
}

__attribute__((section(".preinit_array"), used)) static void (*const hook)(void) = before_all;

int main(void)
{
    for (size_t i = 0; i < 5; i++) {
        CHECK(holds(early[i], 100, (unsigned)i));
        early[i] = realloc(early[i], 200);
        CHECK(early[i] != NULL && holds(early[i], 100, (unsigned)i));
        free(early[i]);
    }
    return 0;
}
