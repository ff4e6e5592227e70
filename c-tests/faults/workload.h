/* Every way to allocate, while the system may refuse: each answer is a block whose content stays, or NULL and
 * ENOMEM. */
#ifndef FAULTS_WORKLOAD_H
#define FAULTS_WORKLOAD_H

#include "test.h"
#include <stdatomic.h>

enum { HELD = 160, WHOLE = 32 * 1024, WINDOW = 64 };

struct held {
    unsigned char *bytes;
    size_t size;
    unsigned seed;
};

struct set {
    struct held held[HELD];
    unsigned long random;
    int may_fail;
};

static _Atomic unsigned long answered_null, answered_block;

/* Small blocks are filled all over, larger ones at both ends and in the middle. */
#define EACH_PART(size, from, length)                                                    \
    for (size_t part_ = 0, from, length;                                                 \
         part_ < ((size) <= WHOLE ? 1 : 3) &&                                            \
         (from = (size) <= WHOLE ? 0 : ((size)-WINDOW) / 2 * part_, length = (size) <= WHOLE ? (size) : WINDOW, 1); \
         part_++)

static inline void write_held(const struct held *held)
{
    EACH_PART(held->size, from, length)
        fill(held->bytes + from, length, held->seed + (unsigned)part_);
}

static inline void check_held(const struct held *held, size_t size)
{
    EACH_PART(held->size, from, length) {
        if (from >= size)
            break;
        CHECK(holds(held->bytes + from, from + length < size ? length : size - from, held->seed + (unsigned)part_));
    }
}

/* Notes an answer; true for a block. */
static inline int answered(struct set *set, const void *block)
{
    if (block == NULL) {
        CHECK(errno == ENOMEM);
        CHECK(set->may_fail);
        atomic_fetch_add(&answered_null, 1);
        return 0;
    }
    atomic_fetch_add(&answered_block, 1);
    return 1;
}

static inline void hold(struct set *set, size_t at, void *block, size_t size)
{
    struct held *held = &set->held[at];
    if (!answered(set, block))
        return;
    CHECK(is_aligned(block, 16) && malloc_usable_size(block) >= size);
    *held = (struct held){block, size, (unsigned)next_random(&set->random)};
    write_held(held);
}

static inline void let_go(struct set *set, size_t at)
{
    struct held *held = &set->held[at];
    if (held->bytes == NULL)
        return;
    check_held(held, held->size);
    free(held->bytes);
    held->bytes = NULL;
}

static inline void take(struct set *set, size_t at, size_t size, unsigned way)
{
    void *block = NULL;
    let_go(set, at);
    errno = 0;
    switch (way % 5) {
    case 0:
        block = calloc(1, size);
        if (block != NULL) {
            struct held zero = {block, size, 0};
            EACH_PART(zero.size, from, length)
                CHECK(is_zero(zero.bytes + from, length));
        }
        break;
    case 1:
        block = aligned_alloc((size_t)32 << way / 5 % 8, size);
        break;
    case 2: {
        int result = posix_memalign(&block, (size_t)64 << way / 5 % 12, size);
        CHECK(result == 0 || (result == ENOMEM && block == NULL));
        errno = result;
        break;
    }
    default:
        block = malloc(size);
    }
    hold(set, at, block, size);
}

static inline void resize(struct set *set, size_t at, size_t size)
{
    struct held *held = &set->held[at];
    if (held->bytes == NULL)
        return;
    errno = 0;
    size_t kept = held->size < size ? held->size : size;
    unsigned char *now = realloc(held->bytes, size);
    if (!answered(set, now)) {
        /* There is no reason why a block could not shrink. */
        CHECK(size > held->size);
        check_held(held, held->size);
        return;
    }
    struct held moved = {now, held->size, held->seed};
    check_held(&moved, kept);
    *held = (struct held){now, size, held->seed};
    write_held(held);
}

static inline void check_all(struct set *set)
{
    for (size_t i = 0; i < HELD; i++)
        if (set->held[i].bytes != NULL)
            check_held(&set->held[i], set->held[i].size);
}

static inline void let_all_go(struct set *set)
{
    for (size_t i = 0; i < HELD; i++)
        let_go(set, i);
}

/* All sizes, growth in steps, frees in between, a trim. `most` bounds the sizes. */
static inline void go_through(struct set *set, size_t most)
{
    size_t at = 0;
    for (size_t size = 0; size <= most; size += size / 2 + 40)
        for (unsigned way = 0; way < 5; way++, at++)
            take(set, at % HELD, size, way + (unsigned)at * 5);
    check_all(set);
    for (size_t size = 5000; size <= most; size += size / 2)
        resize(set, 7, size);
    for (size_t size = most; size > 0; size /= 3)
        resize(set, 9, size);
    /* One that has grown by steps is a mapping. */
    for (size_t size = most; size > 0; size /= 3)
        resize(set, 7, size);
    for (size_t i = 0; i < HELD; i += 2)
        let_go(set, i);
    for (size_t i = 0; i < 4000; i++) {
        size_t size = next_random(&set->random) % 4 ? next_random(&set->random) % 600 : next_random(&set->random) % 90000;
        size_t which = next_random(&set->random) % HELD;
        if (i % 3 == 0 && size > 0)
            resize(set, which, size);
        else
            take(set, which, size, (unsigned)next_random(&set->random));
    }
    malloc_trim(0);
    for (size_t size = 100000; size < 3 * MIB; size += 300000)
        take(set, next_random(&set->random) % HELD, size, 3);
    check_all(set);
}

static inline void *in_thread(void *argument)
{
    struct set *set = argument;
    go_through(set, 3 * MIB);
    return NULL;
}

/* The same in the calling thread, in two others, one of whose blocks outlive it, and in a child. */
static inline void go_through_all(struct set *mine, struct set *theirs, size_t most)
{
    pthread_t threads[2];
    int started[2];
    go_through(mine, most);
    for (int i = 0; i < 2; i++) {
        theirs[i].random = (unsigned)i + 5;
        theirs[i].may_fail = mine->may_fail;
        started[i] = pthread_create(&threads[i], NULL, in_thread, &theirs[i]);
        CHECK(started[i] == 0 || mine->may_fail);
    }
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        go_through(mine, 3 * MIB);
        let_all_go(mine);
        _exit(0);
    }
    /* The child needs what cannot be had as well: libc says so. */
    if (child > 0 || !mine->may_fail)
        wait_ok(child);
    for (int i = 0; i < 2; i++)
        if (started[i] == 0)
            finish(threads[i]);
    check_all(&theirs[0]);
    let_all_go(&theirs[1]);
    check_all(mine);
}

#endif
