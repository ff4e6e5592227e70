/* Blocks a little above a multiple of a unit, taken, filled and freed all together again and again: what is behind the
 * end of each is as little resident as it was the last time, so that it need not be given back anew. */
/* needs: pigalloc */
/* env: PIGALLOC_HUGE=never */
#include "test.h"

#ifndef __x86_64__
int main(void) { SKIP("makes a trapped call again with registers of x86-64"); }
#else

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

enum { BLOCKS = 320, ROUNDS = 20, LEARNT = 10, PASS = 1234 };

static volatile int calls;

/* Counts the call and makes it, with an argument more by which the filter knows it. */
static void on_call(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    calls++;
    registers[REG_RAX] = syscall(SYS_madvise, registers[REG_RDI], registers[REG_RSI], registers[REG_RDX], PASS);
}

static void watch_advice(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_DONTNEED, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[3])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PASS, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    struct sock_fprog program = {COUNT(filter), filter};
    struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO};
    if (sigaction(SIGSYS, &action, NULL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        SKIP("seccomp filters are not allowed here");
}

int main(void)
{
    static char *blocks[BLOCKS];
    watch_advice();
    for (size_t units = 1; units <= 3; units++) {
        size_t size = units * 64 * KIB + 2000;
        int first = 0;
        for (int round = 0; round < ROUNDS; round++) {
            if (round == LEARNT)
                first = calls;
            for (int i = 0; i < BLOCKS; i++)
                touch(blocks[i] = malloc(size), size);
            for (int i = 0; i < BLOCKS; i++)
                free(blocks[i]);
        }
        printf("%zu bytes: %d calls in %d rounds\n", size, calls - first, ROUNDS - LEARNT);
        CHECK_AT_MOST(calls - first, BLOCKS);
    }
    return 0;
}

#endif
