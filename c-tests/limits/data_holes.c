/* When RLIMIT_DATA lets no more memory come, what is free between small blocks serves blocks of every size. */
#include "test.h"
#include <stdint.h>
#include <sys/resource.h>

enum { BLOCK = 64, MOST = 1 << 21, FIRST = 100000, ROOM = 48 * MIB, HOLE = 512 * 1024 };

static void *blocks[MOST];

static size_t data_kib(void)
{
    return proc_number("/proc/self/status", "VmData:");
}

int main(void)
{
    size_t count = 0;
    while (count < FIRST)
        CHECK((blocks[count++] = malloc(BLOCK)) != NULL);
    struct rlimit limit = {data_kib() * 1024 + ROOM, RLIM_INFINITY};
    CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
    while (count < MOST && (blocks[count] = malloc(BLOCK)) != NULL)
        count++;
    CHECK(count < MOST);
    size_t freed = 0;
    for (size_t i = 0; i < count; i++)
        if ((uintptr_t)blocks[i] / HOLE % 2 == 1) {
            free(blocks[i]);
            freed += BLOCK;
        }
    CHECK(freed > ROOM / 4);
    for (size_t size = 9000; size <= 64 * 1024; size += size / 8) {
        void *block = malloc(size);
        CHECK(block != NULL);
        fill(block, size, 1);
    }
    for (int i = 0; i < 40; i++) {
        void *block = malloc(100000);
        CHECK(block != NULL);
        fill(block, 100000, 2);
    }
    return 0;
}
