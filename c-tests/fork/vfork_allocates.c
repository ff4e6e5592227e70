/* A vfork child that allocates and frees, as careless programs do, leaves the parent's allocator in order. */
#include "test.h"

static void *volatile from_child;

__attribute__((noinline)) static void round_of(size_t size)
{
    pid_t child = vfork();
    if (child == 0) {
        void *block = malloc(size);
        free(malloc(size * 2));
        from_child = block;
        _exit(block == NULL);
    }
    wait_ok(child);
    fill(from_child, size, 1);
    CHECK(holds(from_child, size, 1));
    free(from_child);
}

int main(void)
{
    for (size_t size = 1; size < 500000; size = size * 5 / 4 + 1)
        round_of(size);
    return 0;
}
