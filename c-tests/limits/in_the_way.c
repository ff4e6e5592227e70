/* The program maps something where the heap would grow next, as may happen to who chooses addresses by chance: that stays,
 * and memory does not run out. In one case there is something behind each mapping without a name, in another that is
 * larger than what the heap would skip, and in one something stands a little behind the start of each further place. */
/* cases: near behind wall amid */
#include "test.h"
#include <sys/mman.h>

enum { BLOCKS = 50000, SIZE = 1000 };

static void *in_the_way[100];
static size_t count;

static void map_at(uintptr_t address)
{
    void *mapping = mmap((void *)address, 4096, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (mapping != MAP_FAILED && count < COUNT(in_the_way)) {
        fill(mapping, 4096, (unsigned)count);
        in_the_way[count++] = mapping;
    }
}

static void map_near(void *block)
{
    map_at(((uintptr_t)block + 16 * MIB) & ~(uintptr_t)4095);
}

/* All of what follows, as far as the heap is likely to look for its next places. */
static void map_wall_at(uintptr_t address)
{
    mmap((void *)address, 2048 * GIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
}

static void map_behind_all(void (*map)(uintptr_t))
{
    static char text[1 << 16];
    read_file("/proc/self/maps", text, sizeof text);
    for (char *line = text; *line != 0; line = strchr(line, '\n') + 1) {
        unsigned long from, to, inode;
        int end = 0;
        CHECK(sscanf(line, "%lx-%lx %*s %*s %*s %lu%n", &from, &to, &inode, &end) == 3);
        if (line[end] == '\n' || (line[end] == ' ' && line[end + 1] == '\n'))
            map(to);
    }
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

static void *fork_and_use(void *unused)
{
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            for (size_t size = 10; size < 4 * MIB; size = size * 3 / 2) {
                void *block = malloc(size);
                CHECK(block != NULL);
                fill(block, size, (unsigned)size);
                CHECK(holds(block, size, (unsigned)size));
            }
            for (size_t j = 0; j < count; j++)
                CHECK(holds(in_the_way[j], 4096, (unsigned)j));
            _exit(0);
        }
        wait_ok(child);
    }
    return unused;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    void *small = malloc(SIZE), *large = malloc(300000);
    CHECK(small != NULL && large != NULL);
    if (strcmp(argv[1], "near") == 0) {
        map_near(small);
        map_near(large);
    } else {
        if (strcmp(argv[1], "wall") == 0)
            map_behind_all(map_wall_at);
        map_behind_all(map_at);
        uintptr_t place = (uintptr_t)large & ~(2 * MIB - 1);
        for (size_t i = 1; i < 2000 && strcmp(argv[1], "amid") == 0; i++)
            mmap((void *)(place + i * 4 * GIB + 256 * KIB), 4096, PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    }
    CHECK(count > 0);
    pthread_t forks = start(fork_and_use, NULL);
    many(NULL);
    finish(forks);
    pthread_t threads[8];
    for (size_t i = 0; i < COUNT(threads); i++)
        threads[i] = start(i % 2 ? many : fork_and_use, NULL);
    for (size_t i = 0; i < COUNT(threads); i++)
        finish(threads[i]);
    static void *blocks[300];
    for (size_t i = 0; i < COUNT(blocks); i++) {
        blocks[i] = malloc(300000);
        CHECK(blocks[i] != NULL);
        fill(blocks[i], 300000, (unsigned)i);
    }
    for (size_t i = 0; i < COUNT(blocks); i++) {
        CHECK(holds(blocks[i], 300000, (unsigned)i));
        free(blocks[i]);
    }
    for (size_t i = 0; i < count; i++)
        CHECK(holds(in_the_way[i], 4096, (unsigned)i));
    free(small);
    free(large);
    return 0;
}
