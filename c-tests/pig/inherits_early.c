/* A thread of a hundred allocations goes on with the heap of one that is gone: it finds the blocks which that has left in
 * its magazines, and takes no lock for the rest of its life. */
/* needs: pigalloc */
#include "test.h"

#include <pthread.h>

enum { CALLS = 100, SIZE = 48 };

static void *leave(void *unused)
{
    (void)unused;
    earn_heap();
    void *block = malloc(SIZE);
    free(block);
    return block;
}

static void *find(void *unused)
{
    (void)unused;
    for (int i = 0; i < CALLS / 2; i++)
        free(hide(malloc(600)));
    return malloc(SIZE);
}

int main(void)
{
    void *left, *found;
    CHECK(pthread_join(start(leave, NULL), &left) == 0);
    CHECK(pthread_join(start(find, NULL), &found) == 0);
    CHECK(left == found);
    free(found);
    return 0;
}
