/* What a thread has freed before it sleeps goes back to the system while others work: from its own heap, from that
 * of all, and when the thread has ended. */
/* needs: pigalloc */
/* cases: own central ended */
/* timeout: 120 */
#include "test.h"
#include <time.h>

enum { SIZE = 60000, MOST = 260, KEPT = 8, LIVE_KIB = MOST / KEPT * 64, SPARE_KIB = 6144, SECONDS = 8 };

static void *blocks[MOST];
static pthread_barrier_t turn;

static void *burst(void *kind)
{
    if (strcmp(kind, "central") != 0)
        earn_heap();
    for (int i = 0; i < MOST; i++) {
        CHECK((blocks[i] = malloc(SIZE)) != NULL);
        memset(blocks[i], 1, SIZE);
    }
    for (int i = 0; i < MOST; i++)
        if (i % KEPT != 0)
            free(blocks[i]);
    pthread_barrier_wait(&turn);
    if (strcmp(kind, "ended") != 0)
        pthread_barrier_wait(&turn);
    return NULL;
}

/* Enough for the paths that look at the clock. */
static void work(void)
{
    static void *held[2000];
    for (int i = 0; i < 2000; i++)
        CHECK((held[i] = malloc(100)) != NULL);
    for (int i = 0; i < 2000; i++)
        free(held[i]);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2 && pthread_barrier_init(&turn, NULL, 2) == 0);
    work();
    size_t before = resident_kib();
    pthread_t thread = start(burst, argv[1]);
    pthread_barrier_wait(&turn);
    time_t end = time(NULL) + SECONDS;
    while (resident_kib() > before + LIVE_KIB + SPARE_KIB && time(NULL) < end)
        work();
    CHECK(resident_kib() <= before + LIVE_KIB + SPARE_KIB);
    if (strcmp(argv[1], "ended") != 0)
        pthread_barrier_wait(&turn);
    finish(thread);
    return 0;
}
