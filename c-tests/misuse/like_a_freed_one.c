/* Live blocks whose content looks like that of freed ones are not taken for such, beside threads that give back blocks
 * of the same size all the time. */
/* needs: pigalloc */
/* cases: 1024 4096 8000 */
/* timeout: 120 */
#include "test.h"

enum { GIVERS = 8, HOLDERS = 4, MOST = 4096, ROUNDS = 400 };
static const size_t MARK = 0x5f1ee7ed;

static size_t size, count;
static pthread_barrier_t barrier;

static void churn(void *const content)
{
    size_t **blocks = calloc(MOST, sizeof *blocks);
    CHECK(blocks != NULL);
    earn_heap();
    pthread_barrier_wait(&barrier);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < count; i++) {
            blocks[i] = malloc(size);
            CHECK(blocks[i] != NULL);
            if (content != NULL)
                memcpy(&blocks[i][1], content, sizeof MARK);
        }
        for (size_t i = 0; i < count; i++)
            free(blocks[i]);
    }
    free(blocks);
}

static void *give(void *unused)
{
    churn(NULL);
    return unused;
}

static void *hold(void *unused)
{
    size_t mark = MARK;
    churn(&mark);
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t threads[GIVERS + HOLDERS];
    CHECK(argc == 2);
    size = strtoul(argv[1], NULL, 10);
    count = 40 * 64 * KIB / size;
    CHECK(count <= MOST && pthread_barrier_init(&barrier, NULL, COUNT(threads)) == 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        threads[i] = start(i < GIVERS ? give : hold, NULL);
    for (size_t i = 0; i < COUNT(threads); i++)
        finish(threads[i]);
    return 0;
}
