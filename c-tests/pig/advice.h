/* Counts the calls that give memory back to the system, by a filter that traps them. */
#ifndef C_TESTS_ADVICE_H
#define C_TESTS_ADVICE_H

#include "test.h"

#ifndef __x86_64__
#define watch_advice() SKIP("makes a trapped call again with registers of x86-64")
static _Atomic int advice_calls;
#else

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

enum { ADVICE_PASS = 1234 };

static _Atomic int advice_calls;

/* Counts the call and makes it, with an argument more by which the filter knows it. */
static void on_advice(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    advice_calls++;
    registers[REG_RAX] =
        syscall(SYS_madvise, registers[REG_RDI], registers[REG_RSI], registers[REG_RDX], ADVICE_PASS);
}

/* From now on, in this thread and those that it starts. */
static void watch_advice(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_DONTNEED, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[3])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ADVICE_PASS, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    struct sock_fprog program = {COUNT(filter), filter};
    struct sigaction action = {.sa_sigaction = on_advice, .sa_flags = SA_SIGINFO};
    if (sigaction(SIGSYS, &action, NULL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        SKIP("seccomp filters are not allowed here");
}

#endif
#endif
