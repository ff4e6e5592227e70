/* The program maps something where the heap would grow next, as may happen to who chooses addresses by chance: that stays,
 * and memory does not run out. */
#include "test.h"
#include <sys/mman.h>

enum { BLOCKS = 200000, SIZE = 1000 };

static void *map_near(void *block)
{
    uintptr_t address = ((uintptr_t)block + 16 * MIB) & ~(uintptr_t)4095;
    return mmap((void *)address, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void *many(void *unused)
{
    void **blocks = malloc(BLOCKS * sizeof *blocks);
    CHECK(blocks != NULL);
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL);
        fill(blocks[i], SIZE, (unsigned)i);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        CHECK(holds(blocks[i], SIZE, (unsigned)i));
        free(blocks[i]);
    }
    free(blocks);
    return unused;
}

int main(void)
{
    void *near_small = map_near(malloc(SIZE)), *near_large = map_near(malloc(300000));
    CHECK(near_small != MAP_FAILED && near_large != MAP_FAILED);
    fill(near_small, 4096, 1);
    fill(near_large, 4096, 2);
    many(NULL);
    finish(start(many, NULL));
    static void *large[300];
    for (size_t i = 0; i < COUNT(large); i++) {
        large[i] = malloc(300000);
        CHECK(large[i] != NULL);
        fill(large[i], 300000, (unsigned)i);
    }
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        many(NULL);
        finish(start(many, NULL));
        _exit(0);
    }
    wait_ok(child);
    for (size_t i = 0; i < COUNT(large); i++) {
        CHECK(holds(large[i], 300000, (unsigned)i));
        free(large[i]);
    }
    CHECK(holds(near_small, 4096, 1) && holds(near_large, 4096, 2));
    return 0;
}
