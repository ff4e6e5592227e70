/* Threads come and go, one after the other, on a system that does not tell of those that are gone, since it knows no lists
 * of robust mutexes, as some emulators and sandboxes do not: what they have held comes back to use all the same. */
#include "test.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { THREADS = 1000, BLOCKS = 200 };

static void refuse_robust_lists(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_set_robust_list, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT(filter), filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        SKIP("seccomp filters are not allowed here");
}

static void *work(void *unused)
{
    char *blocks[BLOCKS];
    earn_heap();
    for (size_t i = 0; i < BLOCKS; i++) {
        CHECK((blocks[i] = malloc(16 * (i + 1))) != NULL);
        fill(blocks[i], 16 * (i + 1), (int)i);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        CHECK(holds(blocks[i], 16 * (i + 1), (int)i));
        free(blocks[i]);
    }
    return unused;
}

int main(void)
{
    refuse_robust_lists();
    size_t before = resident_kib();
    for (int i = 0; i < THREADS; i++)
        finish(start(work, NULL));
    size_t after = resident_kib();
    printf("%zu KiB before, %zu after\n", before, after);
    CHECK_AT_MOST(after * KIB, before * KIB + 100 * MIB);
    return 0;
}
