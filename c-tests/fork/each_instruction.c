/* A fork comes between any two instructions of a malloc for which the heap has to look for another place, since the
 * program has mapped something where the last one was. The child, which runs no handlers, gets memory of its own. */
/* needs: pigalloc */
/* timeout: 120 */
#include "test.h"
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>

#ifndef __x86_64__
int main(void) { SKIP("steps by the trap flag of x86-64"); }
#else
enum { SIZE = 300000, EVERY = 3 };
static const size_t WALL = 64 * MIB;

static unsigned char *wall;
static sem_t wanted, done;
static atomic_bool has_ended;
static long steps, forks;

static void child(void)
{
    for (int i = 0; i < 3; i++) {
        unsigned char *block = malloc(SIZE);
        CHECK(block != NULL && (block + SIZE <= wall || block >= wall + WALL));
        fill(block, SIZE, (unsigned)i);
    }
    CHECK(holds(wall, MIB, 7));
    _exit(0);
}

static void *fork_when_told(void *unused)
{
    free(malloc(100));
    CHECK(sem_post(&done) == 0);
    for (;;) {
        CHECK(sem_wait(&wanted) == 0);
        if (has_ended)
            return unused;
        pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
        CHECK(pid >= 0);
        if (pid == 0)
            child();
        wait_ok(pid);
        forks++;
        CHECK(sem_post(&done) == 0);
    }
}

static void on_step(int signal)
{
    (void)signal;
    if (steps++ % EVERY != 0)
        return;
    CHECK(sem_post(&wanted) == 0 && sem_wait(&done) == 0);
}

/* The trap flag of the processor: a signal after each instruction. */
static void step(int on)
{
    if (on)
        __asm__ volatile("lea -128(%%rsp), %%rsp; pushf; orl $0x100, (%%rsp); popf; lea 128(%%rsp), %%rsp" ::: "memory", "cc");
    else
        __asm__ volatile("lea -128(%%rsp), %%rsp; pushf; andl $~0x100, (%%rsp); popf; lea 128(%%rsp), %%rsp" ::: "memory", "cc");
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_step};
    CHECK(sigaction(SIGTRAP, &action, NULL) == 0);
    CHECK(sem_init(&wanted, 0, 0) == 0 && sem_init(&done, 0, 0) == 0);
    pthread_t forker = start(fork_when_told, NULL);
    CHECK(sem_wait(&done) == 0);
    unsigned char *place = malloc(SIZE);
    CHECK(place != NULL);
    wall = (unsigned char *)((uintptr_t)place & ~(uintptr_t)4095);
    free(place);
    CHECK(malloc_trim(0) == 1);
    CHECK(mmap(wall, WALL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
               -1, 0) == wall);
    fill(wall, MIB, 7);
    step(1);
    place = malloc(SIZE);
    step(0);
    CHECK(place != NULL && (place + SIZE <= wall || place >= wall + WALL));
    has_ended = true;
    CHECK(sem_post(&wanted) == 0);
    finish(forker);
    CHECK(forks > 100);
    fill(place, SIZE, 1);
    CHECK(holds(wall, MIB, 7));
    free(place);
    return 0;
}
#endif
