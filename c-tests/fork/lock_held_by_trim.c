/* fork while another thread is inside the forking thread's heap, to trim or to count it: the child can
 * allocate and free, more than its caches hold, also if no fork handler has run in it. */
/* cases: malloc_trim mallinfo2 _Fork */
#include "test.h"

enum { FORKS = 1000, KEPT = 4000, BLOCKS = 300 };
static volatile int stop;

static void *trim(void *unused)
{
    while (!stop)
        malloc_trim(0);
    return unused;
}

static void *count(void *unused)
{
    while (!stop)
        mallinfo2();
    return unused;
}

static void child_work(void)
{
    void *blocks[BLOCKS];
    alarm(5);
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(100 + i);
        CHECK(blocks[i] != NULL);
        fill(blocks[i], 100 + i, (unsigned)i);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        CHECK(holds(blocks[i], 100 + i, (unsigned)i));
        free(blocks[i]);
    }
}

int main(int argc, char **argv)
{
    static void *kept[KEPT];
    CHECK(argc == 2);
    /* Slabs of many classes, each half free, keep the other thread inside for long. */
    for (size_t i = 0; i < KEPT; i++) {
        kept[i] = malloc(16 + i % 60 * 40);
        CHECK(kept[i] != NULL);
    }
    for (size_t i = 0; i < KEPT; i += 2)
        free(kept[i]);
    int is_silent = strcmp(argv[1], "_Fork") == 0;
    pthread_t other = start(strcmp(argv[1], "mallinfo2") == 0 ? count : trim, NULL);
    for (int i = 0; i < FORKS; i++) {
        pid_t child = is_silent ? _Fork() : fork();
        if (child == 0) {
            child_work();
            _exit(0);
        }
        wait_ok(child);
    }
    stop = 1;
    finish(other);
    for (size_t i = 1; i < KEPT; i += 2)
        free(kept[i]);
    return 0;
}
