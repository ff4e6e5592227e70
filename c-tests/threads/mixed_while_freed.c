/* While the sizes of several threads drift, so that their slabs are mixed, each frees what the others have
 * allocated, byte by byte as it was left; threads come and go, and children of forks in between free, allocate
 * and exit. A number asks for so many seconds. */
/* cases: 3 */
#include "test.h"
#include <sys/wait.h>

enum { CREW = 4, PLACES = 60000, PHASE = 150000, LIVES = 2 };
static const size_t SIZES[][2] = {{48, 96}, {100, 300}, {250, 900}, {16, 64}, {700, 2500}, {60, 180}};

struct block {
    size_t size;
    unsigned seed;
    unsigned char body[];
};

/* Blocks that anybody may take out. */
static struct block *places[PLACES];
static double end;

static struct block *take(size_t size, unsigned long *state)
{
    struct block *block = next_random(state) % 16 == 0 ? aligned_alloc(64, size + 32) : malloc(size + 32);
    CHECK(block != NULL);
    block->size = size;
    block->seed = (unsigned)next_random(state);
    fill(block->body, size, block->seed);
    return block;
}

static void drop(struct block *block)
{
    if (block == NULL)
        return;
    CHECK(holds(block->body, block->size, block->seed));
    free(block);
}

static void *drift(void *argument)
{
    unsigned long state = (uintptr_t)argument * 7919;
    for (size_t phase = (uintptr_t)argument; seconds() < end; phase++) {
        const size_t *sizes = SIZES[phase % COUNT(SIZES)];
        for (int step = 0; step < PHASE; step++) {
            size_t size = sizes[0] + next_random(&state) % (sizes[1] - sizes[0]);
            struct block **place = &places[next_random(&state) % PLACES];
            drop(__atomic_exchange_n(place, take(size, &state), __ATOMIC_ACQ_REL));
        }
        if (phase % LIVES == 0)
            break;
    }
    return NULL;
}

/* The other threads are gone, and what they were just exchanging with them; all places are the child's. */
static void live_as_child(void)
{
    unsigned long state = (unsigned long)getpid();
    for (size_t i = 0; i < PLACES; i += 3) {
        drop(places[i]);
        places[i] = take(20 + next_random(&state) % 400, &state);
    }
    for (size_t i = 0; i < PLACES; i++)
        drop(places[i]);
    _exit(0);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    pthread_t threads[CREW];
    end = seconds() + atof(argv[1]);
    for (uintptr_t i = 0; i < CREW; i++)
        threads[i] = start(drift, (void *)(i + 1));
    for (uintptr_t turn = 0; seconds() < end; turn++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0)
            live_as_child();
        wait_ok(child);
        finish(threads[turn % CREW]);
        threads[turn % CREW] = start(drift, (void *)(turn + CREW + 1));
    }
    for (size_t i = 0; i < CREW; i++)
        finish(threads[i]);
    for (size_t i = 0; i < PLACES; i++)
        drop(places[i]);
    return 0;
}
