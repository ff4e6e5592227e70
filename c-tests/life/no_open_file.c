/* The allocator keeps no file open: after all kinds of work, with threads, the first free descriptor is
 * what it was. */
#include "test.h"

static void *work(void *unused)
{
    for (size_t size = 1; size < 50 * MIB; size = size * 2 + 1) {
        void *block = malloc(size);
        CHECK(block != NULL);
        free(realloc(block, size * 2));
    }
    malloc_trim(0);
    mallinfo2();
    return unused;
}

int main(void)
{
    for (int file = 3; file < 1000; file++)
        CHECK(fcntl(file, F_GETFD) == -1 && errno == EBADF);
    work(NULL);
    finish(start(work, NULL));
    for (int file = 3; file < 1000; file++)
        CHECK(fcntl(file, F_GETFD) == -1 && errno == EBADF);
    return 0;
}
