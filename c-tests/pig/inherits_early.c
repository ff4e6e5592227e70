/* A thread of a hundred allocations goes on with the heap of one that is gone: it finds the blocks which that has left in
 * its magazines, and takes no lock for the rest of its life. */
/* needs: pigalloc */
#include "test.h"

#include <pthread.h>

enum { LONG = 2000, SHORT = 100, SIZE = 48 };

static void work(int calls)
{
    for (int i = 0; i < calls; i++) {
        char *block = malloc(600);
        CHECK(block != NULL);
        block[0] = 1;
        free(block);
    }
}

static void *leave(void *unused)
{
    (void)unused;
    work(LONG);
    void *block = malloc(SIZE);
    free(block);
    return block;
}

static void *find(void *unused)
{
    (void)unused;
    work(SHORT);
    return malloc(SIZE);
}

int main(void)
{
    pthread_t thread;
    void *left, *found;
    CHECK(pthread_create(&thread, NULL, leave, NULL) == 0 && pthread_join(thread, &left) == 0);
    CHECK(pthread_create(&thread, NULL, find, NULL) == 0 && pthread_join(thread, &found) == 0);
    CHECK(left == found);
    free(found);
    return 0;
}
