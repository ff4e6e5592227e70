/* Where threads come and go, each as it begins gets a heap, those of few calls too: one of a thread that is gone, or one of
 * as many as can run at once. Threads that are alive together, and do as little, get none. */
/* needs: pigalloc */
/* cases: in_turn together */
#include "pig/stats.h"

#include <sched.h>

enum { THREADS = 200, FEW = 5, SIZE = 48 };

static pthread_barrier_t all_begun;

static void *few_calls(void *together)
{
    for (int i = 0; i < FEW; i++)
        free(hide(malloc(600)));
    void *block = malloc(SIZE);
    if (together != NULL)
        pthread_barrier_wait(&all_begun);
    free(block);
    return block;
}

static size_t processors(void)
{
    cpu_set_t set;
    CHECK(sched_getaffinity(0, sizeof set, &set) == 0);
    return (size_t)CPU_COUNT(&set);
}

static void in_turn(void)
{
    void *last = NULL;
    for (int i = 0; i < THREADS; i++) {
        void *block;
        CHECK(pthread_join(start(few_calls, NULL), &block) == 0);
        if (i > THREADS / 2)
            CHECK(block == last);
        last = block;
    }
    size_t heaps = all_stats().heaps;
    CHECK(heaps >= 2 && heaps <= processors() + 1);
}

static void together(void)
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&all_begun, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        threads[i] = start(few_calls, &all_begun);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(all_stats().heaps == 1);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    if (strcmp(argv[1], "in_turn") == 0)
        in_turn();
    else
        together();
    return 0;
}
