/* fork while another thread frees blocks of the forking one, and has some of them gathered but not yet handed
 * back: a thread of the child, in the vanished one's place, goes on freeing. */
#include "test.h"

enum { FORKS = 500, BLOCKS = 4000, SIZE = 2000, IN_CHILD = 2000, WARM_UP = 6000 };
static void *blocks[BLOCKS];
/* The first block that the other thread has not freed yet; it may be at it. */
static size_t at;
static int ready, stop;

static size_t where(void)
{
    return __atomic_load_n(&at, __ATOMIC_ACQUIRE);
}

static void allocate_all(void)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL);
    }
    __atomic_store_n(&at, 0, __ATOMIC_RELEASE);
}

/* Allocates so much that a thread which earns a heap has one. */
static void warm_up(size_t size)
{
    for (int i = 0; i < WARM_UP; i++)
        free(malloc(size));
}

static void *free_all(void *unused)
{
    warm_up(SIZE);
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        size_t i = where();
        if (i < BLOCKS) {
            free(blocks[i]);
            __atomic_store_n(&at, i + 1, __ATOMIC_RELEASE);
        }
    }
    return unused;
}

static void *go_on(void *unused)
{
    warm_up(2 * SIZE);
    size_t first = where() + 1;
    for (size_t i = first; i < first + IN_CHILD && i < BLOCKS; i++)
        free(blocks[i]);
    return unused;
}

int main(void)
{
    unsigned long state = 1;
    allocate_all();
    pthread_t other = start(free_all, NULL);
    while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
        sleep_ms(1);
    for (int i = 0; i < FORKS; i++) {
        if (where() >= BLOCKS)
            allocate_all();
        for (size_t wait = next_random(&state) % 5000; wait > 0; wait--)
            hide_size(wait);
        pid_t child = fork();
        if (child == 0) {
            alarm(5);
            finish(start(go_on, NULL));
            _exit(0);
        }
        wait_ok(child);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    finish(other);
    for (size_t i = where(); i < BLOCKS; i++)
        free(blocks[i]);
    return 0;
}
