/* The child of a big heap does not copy it by touching metadata: after some work of its own little memory
 * is its own. */
#include "test.h"

enum { N = 400000, SIZE = 1000 };

static size_t private_kib(void)
{
    static char text[4096];
    read_file("/proc/self/smaps_rollup", text, sizeof text);
    char *line = strstr(text, "Private_Dirty:");
    CHECK(line != NULL);
    return (size_t)atol(line + 14);
}

int main(void)
{
    static void *blocks[N];
    for (size_t i = 0; i < N; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL);
        touch(blocks[i], SIZE);
    }
    pid_t child = fork();
    if (child == 0) {
        size_t before = private_kib();
        for (size_t i = 0; i < 2000; i++) {
            void *block = malloc(i);
            CHECK(block != NULL);
            free(block);
        }
        for (size_t i = 0; i < 1000; i++)
            free(blocks[i]);
        CHECK_AT_MOST(private_kib(), before + 10 * KIB);
        _exit(0);
    }
    wait_ok(child);
    return 0;
}
