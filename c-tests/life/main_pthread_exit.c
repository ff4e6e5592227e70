/* main ends by pthread_exit; another thread goes on with main's blocks, and the handlers at exit allocate. */
/* expect-stdout: done */
#include "test.h"

static pthread_t first;
static void *blocks[1000];

static void *survivor(void *unused)
{
    CHECK(pthread_join(first, NULL) == 0);
    for (size_t i = 0; i < COUNT(blocks); i++) {
        CHECK(holds(blocks[i], i, (unsigned)i));
        free(blocks[i]);
        free(malloc(i * 30));
    }
    return unused;
}

static void at_end(void)
{
    free(malloc(1000));
    CHECK(write(1, "done", 4) == 4);
}

int main(void)
{
    first = pthread_self();
    CHECK(atexit(at_end) == 0);
    for (size_t i = 0; i < COUNT(blocks); i++) {
        blocks[i] = malloc(i);
        CHECK(blocks[i] != NULL);
        fill(blocks[i], i, (unsigned)i);
    }
    start(survivor, NULL);
    pthread_exit(NULL);
}
