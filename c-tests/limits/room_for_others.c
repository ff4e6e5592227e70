/* While a huge block grows and has to move, in a process that has limited its own address space after it began to allocate,
 * other threads get what fits beside it. */
#include "test.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>

static const size_t LIMIT = 3 * GIB, FIRST = 300 * MIB, STEP = 64 * MIB, OTHERS = 4 * MIB, LARGE = 900 * MIB;
enum { STEPS = 6, TURNS = 400 };

static atomic_bool is_done;

static void *map_and_allocate(void *unused)
{
    while (!is_done) {
        void *mapping = mmap(NULL, OTHERS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(mapping != MAP_FAILED);
        CHECK(munmap(mapping, OTHERS) == 0);
        char *block = malloc(LARGE);
        CHECK(block != NULL);
        *block = 1;
        free(block);
    }
    return unused;
}

/* What stands behind the block makes it move. */
static char *grow(char *block, size_t size)
{
    void *wall = mmap(block + size, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    char *grown = realloc(block, size + STEP);
    CHECK(grown != NULL && grown[0] == 7 && grown[FIRST - 1] == 8);
    if (wall != MAP_FAILED)
        CHECK(munmap(wall, 4096) == 0);
    return grown;
}

int main(void)
{
    free(malloc(100));
    struct rlimit limit = {LIMIT, LIMIT};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    pthread_t other = start(map_and_allocate, NULL);
    for (int turn = 0; turn < TURNS; turn++) {
        char *block = malloc(FIRST);
        CHECK(block != NULL);
        block[0] = 7;
        block[FIRST - 1] = 8;
        for (int step = 0; step < STEPS; step++)
            block = grow(block, FIRST + (size_t)step * STEP);
        free(block);
    }
    is_done = true;
    finish(other);
    return 0;
}
