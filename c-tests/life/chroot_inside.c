/* A process that has moved to an empty root, without /proc and /sys, goes on allocating, with threads and
 * children. */
/* needs: root */
#include "test.h"

static void *work(void *unused)
{
    for (size_t size = 1; size < 70 * MIB; size = size * 2 + 1) {
        void *block = malloc(size);
        CHECK(block != NULL);
        touch(block, size);
        free(block);
    }
    malloc_trim(0);
    return unused;
}

int main(void)
{
    char folder[] = "/tmp/c-test-XXXXXX";
    CHECK(mkdtemp(folder) != NULL);
    if (chroot(folder) != 0)
        SKIP("may not chroot here");
    CHECK(chdir("/") == 0 && access("/proc", F_OK) != 0);
    work(NULL);
    finish(start(work, NULL));
    pid_t child = fork();
    if (child == 0) {
        work(NULL);
        _exit(0);
    }
    wait_ok(child);
    return 0;
}
