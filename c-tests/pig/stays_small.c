/* Some systems give huge pages to who has not asked for any. First slabs of many threads, of which little is used, stand
 * on memory that is told to be on small pages all the same, but for some of the first. */
/* needs: pigalloc */
#include "faults.h"
#include <pthread.h>

enum { THREADS = 12, SIZES = 40, FIRST = 10 * MIB };

static char *blocks[THREADS][SIZES];
static pthread_barrier_t all_have;

static void *work(void *mine)
{
    char **some = mine;
    earn_heap();
    for (int i = 0; i < SIZES; i++)
        CHECK((some[i] = malloc(16 + 100 * i)) != NULL);
    pthread_barrier_wait(&all_have);
    return mine;
}

/* Whether the mapping around an address has a flag. */
static bool has_flag(const void *address, const char *flag)
{
    FILE *file = fopen("/proc/self/smaps", "r");
    char line[1000];
    bool is_inside = false, has = false;
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        uintptr_t from, to;
        if (sscanf(line, "%zx-%zx ", &from, &to) == 2)
            is_inside = from <= (uintptr_t)address && (uintptr_t)address < to;
        else if (is_inside && strncmp(line, "VmFlags:", strlen("VmFlags:")) == 0)
            has = strstr(line, flag) != NULL;
    }
    fclose(file);
    return has;
}

int main(void)
{
    need_huge_pages(5, 0);
    pthread_t threads[THREADS];
    CHECK(pthread_barrier_init(&all_have, NULL, THREADS) == 0);
    for (int t = 0; t < THREADS; t++)
        threads[t] = start(work, blocks[t]);
    for (int t = 0; t < THREADS; t++)
        CHECK(pthread_join(threads[t], NULL) == 0);
    char *lowest = blocks[0][0], *highest = blocks[0][0];
    for (int t = 0; t < THREADS; t++)
        for (int i = 0; i < SIZES; i++) {
            lowest = blocks[t][i] < lowest ? blocks[t][i] : lowest;
            highest = blocks[t][i] > highest ? blocks[t][i] : highest;
        }
    CHECK(highest - lowest > FIRST);
    for (int t = 0; t < THREADS; t++)
        for (int i = 0; i < SIZES; i++)
            CHECK(blocks[t][i] - lowest < FIRST || has_flag(blocks[t][i], " nh"));
    return 0;
}
