/* All memory is in use but one block, which is freed and taken again, while another thread trims. What that one has in
 * hand comes back, and the block fits, even where the trimming thread gets the processor only when nobody else wants it, and
 * a third one always does. */
/* cases: 1900 3900 12000 */
#include "test.h"
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>

static const size_t ALL = 80 * MIB;
static const double TIME = 3;
static atomic_bool is_over;

static void *trim(void *unused)
{
    struct sched_param param = {0};
    CHECK(sched_setscheduler(0, SCHED_IDLE, &param) == 0);
    while (!is_over)
        malloc_trim(0);
    return unused;
}

static void *keep_busy(void *unused)
{
    while (!is_over) {
    }
    return unused;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    size_t size = strtoul(argv[1], NULL, 10) * KIB, count = ALL / size;
    static void *blocks[100];
    CHECK(count <= COUNT(blocks));
    cpu_set_t one, all;
    CHECK(sched_getaffinity(0, sizeof all, &all) == 0);
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &one);
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
    pthread_t trims = start(trim, NULL);
    pthread_t busy = start(keep_busy, NULL);
    sleep_ms(20);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
        touch(blocks[i], size);
    }
    struct rlimit limit = {proc_number("/proc/self/status", "VmData:") * KIB + 4096, RLIM_INFINITY};
    CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
    double end = seconds() + TIME;
    for (size_t i = 0; seconds() < end; i++) {
        void **block = &blocks[i % count];
        free(*block);
        if (i % 3 == 0)
            usleep(200);
        *block = malloc(size);
        CHECK(*block != NULL);
        touch(*block, size);
    }
    is_over = true;
    finish(trims);
    finish(busy);
    return 0;
}
