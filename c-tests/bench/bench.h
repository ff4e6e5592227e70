/* What every stress program shares: arguments, random numbers and sizes, threads that start together, and
 * blocks that know whether they have kept their content.
 *
 * PROGRAM SCALE THREADS [MODE]: a fixed amount of work, times SCALE. Nothing is printed when all went well; a
 * block whose content changed, or that was refused, ends the program with a line on stderr and exit code 3.
 * Random numbers start from fixed seeds, so that every allocator gets the same requests in the same order. */
#ifndef BENCH_H
#define BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KB ((size_t)1024)
#define MB (1024 * KB)
#define CACHE_LINE 64
#define MOST_THREADS 64

#define HELPER __attribute__((unused)) static inline

HELPER void give_up(const char *what) {
    dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
    _exit(3);
}

HELPER void fail(const char *what, const void *block) {
    dprintf(STDERR_FILENO, "%s: %p\n", what, block);
    _exit(3);
}

/* Arguments. */

__attribute__((unused)) static double scale = 1;
__attribute__((unused)) static int threads = 1;

/* Reads SCALE and THREADS, and gives the place of MODE among `modes` (names between bars; NULL: none). */
HELPER int read_arguments(int argc, char **argv, const char *modes) {
    int wanted = modes == NULL ? 3 : 4;
    if (argc == wanted) {
        scale = strtod(argv[1], NULL);
        threads = atoi(argv[2]);
    }
    if (argc == wanted && scale > 0 && threads > 0 && threads <= MOST_THREADS) {
        size_t length = modes == NULL ? 0 : strlen(argv[3]);
        int place = 0;
        for (const char *at = modes; at != NULL; at = strchr(at, '|'), place++) {
            at += *at == '|';
            if (strncmp(at, argv[3], length) == 0 && (at[length] == '|' || at[length] == 0))
                return place;
        }
        if (modes == NULL)
            return 0;
    }
    dprintf(STDERR_FILENO, "usage: %s SCALE THREADS %s\n", argv[0], modes == NULL ? "" : modes);
    exit(2);
}

/* So much of the full amount of work as was asked for. */
HELPER size_t work(size_t full) {
    size_t amount = (size_t)((double)full * scale + 0.5);
    return amount > 0 ? amount : 1;
}

/* A thread's part of it. */
HELPER size_t share(size_t full) { return (work(full) + (size_t)threads - 1) / (size_t)threads; }

/* Random numbers: xorshift64*. */

HELPER uint64_t seed(uint64_t n) { return (n + 1) * 0x9E3779B97F4A7C15ull; }

HELPER uint64_t draw(uint64_t *state) {
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545F4914F6CDD1Dull;
}

HELPER size_t below(uint64_t *state, size_t n) { return (size_t)(((draw(state) >> 32) * n) >> 32); }

HELPER size_t between(uint64_t *state, size_t low, size_t high) { return low + below(state, high - low + 1); }

/* Pareto sizes: twice the size is half as likely. */
HELPER size_t pareto(uint64_t *state, size_t low, size_t most) {
    size_t size = low << __builtin_ctzll(draw(state) >> 40 | 1u << 20);
    size += below(state, size);
    return size < most ? size : most;
}

/* Blocks. The first word of a block in use is its size mixed with its address, one byte of each of its cache
 * lines is written, and its last byte is known: memory that is asked for is used, and a block whose ends were
 * overwritten is noticed when it is freed. The second word is the program's own, to chain blocks for example;
 * the smallest block has one word. */

#define LARGEST ((size_t)1 << 40)

struct link {
    size_t stamp;
    struct link *next;
};

HELPER void *stamp(void *block, size_t size) {
    if (block == NULL)
        give_up("malloc");
    unsigned char *bytes = (unsigned char *)block;
    for (size_t at = CACHE_LINE; at < size; at += CACHE_LINE)
        bytes[at] = (unsigned char)at;
    if (size > sizeof(struct link))
        bytes[size - 1] = (unsigned char)(size ^ 0x5a);
    *(size_t *)block = size ^ (size_t)block;
    return block;
}

/* The size of a block whose content is intact. */
HELPER size_t intact(const void *block) {
    size_t size = *(const size_t *)block ^ (size_t)block;
    if (size < 8 || size > LARGEST)
        fail("block changed", block);
    const unsigned char *last = (const unsigned char *)block + size - 1;
    if (size > sizeof(struct link) && *last != (unsigned char)(size ^ 0x5a))
        fail("end of block changed", block);
    return size;
}

HELPER void *take(size_t size) { return stamp(malloc(size), size); }

/* Frees a block made by `take`, or nothing. */
HELPER void drop(void *block) {
    if (block == NULL)
        return;
    intact(block);
    free(block);
}

HELPER void *zeroed(size_t count, size_t size) {
    void *block = calloc(count, size);
    if (block == NULL)
        give_up("calloc");
    return block;
}

HELPER void chain_push(struct link **head, void *block) {
    struct link *link = (struct link *)block;
    link->next = *head;
    *head = link;
}

HELPER void chain_drop(struct link **head) {
    while (*head != NULL) {
        struct link *link = *head;
        *head = link->next;
        drop(link);
    }
}

/* Random ones of `count` slots get a new block, `steps` times. */
HELPER void replace_at_random(int index, size_t count, size_t steps, void *(*next)(uint64_t *)) {
    uint64_t random = seed((uint64_t)index);
    void **held = (void **)zeroed(count, sizeof *held);
    for (size_t step = 0; step < steps; step++) {
        void **slot = &held[below(&random, count)];
        drop(*slot);
        *slot = next(&random);
    }
    for (size_t i = 0; i < count; i++)
        drop(held[i]);
    free(held);
}

/* Handing over to other threads. */

HELPER void *exchange(void **place, void *block) {
    return __atomic_exchange_n(place, block, __ATOMIC_ACQ_REL);
}

HELPER void put_into(struct link **box, struct link *block) {
    block->next = __atomic_load_n(box, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(box, &block->next, block, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
    }
}

HELPER struct link *empty_box(struct link **box) {
    return __atomic_exchange_n(box, (struct link *)NULL, __ATOMIC_ACQUIRE);
}

/* Threads. */

HELPER pthread_t start_thread(void *(*body)(void *), void *argument, size_t stack, bool detached) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack);
    if (detached)
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    errno = pthread_create(&thread, &attributes, body, argument);
    if (errno != 0)
        give_up("pthread_create");
    pthread_attr_destroy(&attributes);
    return thread;
}

#define STACK (256 * KB)

struct crew {
    void (*body)(int index);
    pthread_barrier_t start;
};

struct member {
    struct crew *crew;
    int index;
};

HELPER void *crew_member(void *argument) {
    struct member *member = (struct member *)argument;
    pthread_barrier_wait(&member->crew->start);
    member->crew->body(member->index);
    return NULL;
}

/* Runs the body with 0 to count-1 in as many threads that begin together, and waits for them. A single one
 * runs in the calling thread: the program stays without threads. */
HELPER void run_crew(int count, void (*body)(int index)) {
    if (count == 1) {
        body(0);
        return;
    }
    struct crew crew;
    struct member members[MOST_THREADS];
    pthread_t running[MOST_THREADS];
    crew.body = body;
    pthread_barrier_init(&crew.start, NULL, (unsigned)count);
    for (int i = 0; i < count; i++) {
        members[i].crew = &crew;
        members[i].index = i;
        running[i] = start_thread(crew_member, &members[i], STACK, false);
    }
    for (int i = 0; i < count; i++)
        pthread_join(running[i], NULL);
    pthread_barrier_destroy(&crew.start);
}

#endif
