/* With stdin, stdout and stderr closed the allocator works, and opens nothing: the next file is number 0
 * still. */
#include "test.h"

int main(void)
{
    int saved = fcntl(2, F_DUPFD, 100);
    CHECK(saved == 100);
    close(0);
    close(1);
    close(2);
    for (size_t size = 1; size < 50 * MIB; size = size * 2 + 1) {
        void *block = malloc(size);
        if (block == NULL)
            _exit(2);
        touch(block, size);
        free(realloc(block, size / 2 + 1));
    }
    malloc_trim(0);
    malloc_stats();
    int next = open("/dev/null", O_RDONLY);
    CHECK(dup2(saved, 2) >= 0);
    CHECK(next == 0);
    return 0;
}
