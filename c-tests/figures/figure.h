/* What every figure program shares: resident memory, time, random sizes and chains of blocks.
 *
 * A figure program makes one measurement and prints it as one line of JSON. Nothing here allocates, so that
 * what is measured is the program's own use of malloc. MB are mebibytes throughout. */
#ifndef FIGURE_H
#define FIGURE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KB ((size_t)1024)
#define MB (1024 * KB)
#define GB (1024 * MB)

#define UNUSED __attribute__((unused))

UNUSED static void give_up(const char *what) {
    dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
    exit(3);
}

UNUSED static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

UNUSED static void pause_for(double seconds) {
    struct timespec t = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&t, &t) != 0 && errno == EINTR) {
    }
}

/* The number in kB behind `key` in a file of /proc, -1 if it is not there. */
UNUSED static long proc_kb(const char *path, const char *key) {
    char text[4096];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    ssize_t got = 0, more;
    while ((size_t)got < sizeof text - 1 && (more = read(file, text + got, sizeof text - 1 - (size_t)got)) > 0)
        got += more;
    close(file);
    text[got] = 0;
    const char *at = strstr(text, key);
    return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

/* Resident memory now. smaps_rollup is exact; the counters behind statm and VmRSS lag by some pages per
 * CPU. */
UNUSED static double rss_mb(void) {
    long kb = proc_kb("/proc/self/smaps_rollup", "\nRss:");
    if (kb < 0)
        kb = proc_kb("/proc/self/status", "\nVmRSS:");
    return (double)kb / 1024;
}

/* Peak resident memory of this program since it was executed (ru_maxrss also counts what was there before).
 * */
UNUSED static double peak_mb(void) { return (double)proc_kb("/proc/self/status", "\nVmHWM:") / 1024; }

/* xorshift64*: the same sizes in the same order under every allocator. */
UNUSED static uint32_t draw(uint64_t *state) {
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return (uint32_t)((x * 0x2545F4914F6CDD1Dull) >> 32);
}

UNUSED static size_t between(uint64_t *state, size_t low, size_t high) {
    return low + (size_t)(((uint64_t)draw(state) * (high - low + 1)) >> 32);
}

UNUSED static uint64_t seed(uint64_t n) { return (n + 1) * 0x9E3779B97F4A7C15ull; }

/* What a sampler beside the program can watch (scripts/bench_memory.py): a page of the file that
 * FIGURE_TIMELINE names holds the live bytes and the last mark. Without the variable nothing is counted. */
enum mark { STARTED, BASE_READ, WORKED, IDLED, TRIMMED, OVER };

struct timeline {
    uint64_t live;
    uint64_t mark;
};

static struct timeline *timeline;

UNUSED __attribute__((constructor)) static void timeline_open(void) {
    const char *path = getenv("FIGURE_TIMELINE");
    if (path == NULL)
        return;
    int file = open(path, O_RDWR | O_CLOEXEC);
    void *page = file < 0 ? MAP_FAILED : mmap(NULL, 4 * KB, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page == MAP_FAILED)
        give_up(path);
    close(file);
    timeline = page;
}

UNUSED static void live_grew(size_t n) {
    if (timeline != NULL)
        __atomic_fetch_add(&timeline->live, n, __ATOMIC_RELAXED);
}

UNUSED static void live_shrank(size_t n) {
    if (timeline != NULL)
        __atomic_fetch_sub(&timeline->live, n, __ATOMIC_RELAXED);
}

/* Says where the program stands, and waits until the sampler has seen it. */
UNUSED static void set_mark(enum mark mark) {
    if (timeline == NULL)
        return;
    __atomic_store_n(&timeline->mark, mark, __ATOMIC_RELEASE);
    pause_for(0.05);
}

/* Under a sampler, at the end of the work: two idle seconds, then a trim. */
UNUSED static void settle(void) {
    if (timeline == NULL)
        return;
    set_mark(WORKED);
    pause_for(2);
    set_mark(IDLED);
    malloc_trim(0);
    set_mark(TRIMMED);
    set_mark(OVER);
}

/* A block of n bytes, all of them written. */
UNUSED static void *take(size_t n) {
    void *block = malloc(n);
    if (block == NULL)
        give_up("malloc");
    memset(block, 0x5a, n);
    live_grew(n);
    return block;
}

/* Frees a block of `take`, of which the caller knows the size. */
UNUSED static void give(void *block, size_t n) {
    free(block);
    live_shrank(n);
}

/* Blocks of at least 16 bytes, chained through their own first bytes: any number of them without
 * bookkeeping memory. */
struct chain {
    struct chain *next;
    size_t size;
};

UNUSED static void chain_push(struct chain **head, void *block, size_t size) {
    struct chain *link = block;
    link->next = *head;
    link->size = size;
    *head = link;
}

UNUSED static void chain_free(struct chain **head) {
    while (*head != NULL) {
        struct chain *link = *head;
        *head = link->next;
        give(link, link->size);
    }
}

/* Blocks of random sizes low..high, `bytes` in all (the last one may pass it); returns what was asked for. */
UNUSED static size_t chain_fill(struct chain **head, uint64_t *state, size_t low, size_t high, size_t bytes) {
    size_t held = 0;
    while (held < bytes) {
        size_t n = between(state, low, high);
        chain_push(head, take(n), n);
        held += n;
    }
    return held;
}

/* An array outside of the allocator's memory, touched so that it stands in every base. */
UNUSED static void *array_outside(size_t bytes) {
    void *array = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (array == MAP_FAILED)
        give_up("mmap");
    return array;
}

UNUSED static pthread_t start_thread(void *(*body)(void *), void *arg, size_t stack) {
    pthread_attr_t attr;
    pthread_t thread;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, stack);
    errno = pthread_create(&thread, &attr, body, arg);
    if (errno != 0)
        give_up("pthread_create");
    pthread_attr_destroy(&attr);
    return thread;
}

#endif
