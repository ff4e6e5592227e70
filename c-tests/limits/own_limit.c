/* A process that limits itself, by RLIMIT_AS and after its first allocations, as vsftpd and sandboxes of Python do: what
 * the allocator has not used counts for nothing. NULL with ENOMEM when the limit is reached, freed memory of one size
 * serves every other, threads start (libc keeps their stacks), and the program's own mappings have room. */
/* beyond-glibc: each of its threads reserves 64 MiB */
/* cases: 128 512 */
#include "limits/exhaust.h"
#include <sys/mman.h>
#include <sys/resource.h>

static void *idle(void *barrier)
{
    void *block = malloc(100);
    CHECK(block != NULL);
    pthread_barrier_wait(barrier);
    free(block);
    return NULL;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    size_t limit = (size_t)atol(argv[1]) * MIB;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 256 * KIB);
    CHECK(pthread_setattr_default_np(&small) == 0);
    exhaust(5000, 10 * MIB);
    exhaust(300000, 10 * MIB);
    pthread_t threads[4];
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, COUNT(threads) + 1);
    struct rlimit bytes = {limit, limit};
    CHECK(setrlimit(RLIMIT_AS, &bytes) == 0);
    CHECK(proc_number("/proc/self/status", "VmSize:") < 100 * KIB);
    for (size_t i = 0; i < COUNT(threads); i++)
        threads[i] = start(idle, &barrier);
    pthread_barrier_wait(&barrier);
    for (size_t i = 0; i < COUNT(threads); i++)
        finish(threads[i]);
    void *mapping = mmap(NULL, limit / 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(mapping != MAP_FAILED);
    CHECK(munmap(mapping, limit / 4) == 0);
    live_within(limit, AFTER_LARGE_SIZES);
    return 0;
}
