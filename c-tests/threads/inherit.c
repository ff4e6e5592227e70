/* A thread that frees what an ended one has left behind goes on with that one's heap, whichever of several it
 * is: what it frees it can use again at once. Some of the threads allocate between one free and the next. */
/* needs: pigalloc */
#include "test.h"

enum { ENDED = 6, N = 400, FREED = 100, SIZE = 208 };

static void *blocks[ENDED][N];
/* None ends before all have what they want: the next one would go on with its heap. */
static pthread_barrier_t all_have;

static void *leave_behind(void *number)
{
    void **mine = blocks[(size_t)number];
    earn_heap();
    for (int i = 0; i < N; i++)
        CHECK((mine[i] = malloc(SIZE)) != NULL);
    pthread_barrier_wait(&all_have);
    return NULL;
}

static int is_of(void *block, size_t number, int count)
{
    for (int i = 0; i < count; i++)
        if (blocks[number][i] == block)
            return 1;
    return 0;
}

static void *go_on(void *number)
{
    void **theirs = blocks[(size_t)number];
    void *mine[FREED] = {NULL};
    for (int i = 0; i < FREED; i++) {
        if ((size_t)number % 2 != 0)
            CHECK((mine[i] = malloc(24)) != NULL);
        free(theirs[i]);
    }
    for (int i = 0; i < FREED; i++)
        free(mine[i]);
    for (int i = 0; i < FREED / 2; i++) {
        void *block = malloc(SIZE);
        CHECK(is_of(block, (size_t)number, FREED));
    }
    for (int i = FREED; i < N; i++)
        free(theirs[i]);
    return NULL;
}

int main(void)
{
    pthread_t threads[ENDED];
    free(hide(malloc(SIZE)));
    CHECK(pthread_barrier_init(&all_have, NULL, ENDED) == 0);
    for (size_t i = 0; i < ENDED; i++)
        threads[i] = start(leave_behind, (void *)i);
    for (size_t i = 0; i < ENDED; i++)
        finish(threads[i]);
    for (size_t i = 0; i < ENDED; i++) {
        size_t number = (i * 5 + 2) % ENDED;
        finish(start(go_on, (void *)number));
    }
    return 0;
}
