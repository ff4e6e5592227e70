/* Where threads come and go, each as it begins gets a heap, those of few calls too: that of one that is gone, or one of
 * the first few; and where several heaps have no thread, that of the last one. Threads that are alive together, and do as
 * little, get none, or no more than these. */
/* needs: pigalloc */
/* cases: in_turn in_turn_after_crew together both */
/* env: PIGALLOC_SHARE=256 */
#include "pig/stats.h"

enum { THREADS = 200, FEW = 5, SIZE = 48, FEW_HEAPS = 8, CREW = 5 };

static pthread_barrier_t all_begun;

static void *earn(void *unused)
{
    earn_heap();
    pthread_barrier_wait(&all_begun);
    return unused;
}

/* Threads that are alive together, each of which has a heap. */
static void crew(void)
{
    pthread_t threads[CREW];
    pthread_barrier_init(&all_begun, NULL, CREW);
    for (int i = 0; i < CREW; i++)
        threads[i] = start(earn, NULL);
    for (int i = 0; i < CREW; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(all_stats().heaps >= CREW);
}

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
    CHECK(heaps >= 2 && heaps <= FEW_HEAPS);
}

static void together(size_t most)
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&all_begun, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        threads[i] = start(few_calls, &all_begun);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK_AT_MOST(all_stats().heaps, most);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    if (strcmp(argv[1], "in_turn_after_crew") == 0)
        crew();
    if (strcmp(argv[1], "together") != 0)
        in_turn();
    if (strncmp(argv[1], "in_turn", strlen("in_turn")) != 0)
        together(strcmp(argv[1], "together") == 0 ? 1 : FEW_HEAPS);
    return 0;
}
