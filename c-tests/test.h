/* What the tests share: checks that name their line, and measures that do not allocate. */
#ifndef C_TESTS_TEST_H
#define C_TESTS_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The runner reports exit code 77 as a skip, with the last line of stderr as the reason. */
#define EXIT_SKIP 77

/* Leaves at once, also from a forked child or a thread; stdio and exit handlers stay out of it. */
__attribute__((noreturn)) static inline void quit(int code, const char *where, int line, const char *what)
{
    char text[512];
    int length = line ? snprintf(text, sizeof text, "%s:%d: %s\n", where, line, what)
                      : snprintf(text, sizeof text, "%s\n", what);
    if (write(2, text, (size_t)length) < 0)
        _exit(code);
    _exit(code);
}

#define CHECK(condition) ((condition) ? (void)0 : quit(1, __FILE__, __LINE__, #condition))
#define SKIP(reason) quit(EXIT_SKIP, "", 0, reason)

/* A check that shows the value that was too large. */
#define CHECK_AT_MOST(value, limit) check_at_most((size_t)(value), (size_t)(limit), __FILE__, __LINE__, #value)
static inline void check_at_most(size_t value, size_t limit, const char *where, int line, const char *what)
{
    char text[256];
    if (value <= limit)
        return;
    snprintf(text, sizeof text, "%s is %zu, more than %zu", what, value, limit);
    quit(1, where, line, text);
}

/* The same pointer, about which the compiler knows nothing any more. */
static inline void *hide(const void *pointer)
{
    __asm__ volatile("" : "+r"(pointer) : : "memory");
    return (void *)(uintptr_t)pointer;
}

static inline size_t hide_size(size_t size)
{
    __asm__ volatile("" : "+r"(size));
    return size;
}

static inline int is_aligned(const void *pointer, size_t alignment)
{
    return ((uintptr_t)pointer & (alignment - 1)) == 0;
}

/* Content that depends on place and seed, so that a shifted or foreign copy does not pass. */
static inline unsigned char pattern(size_t i, unsigned seed)
{
    return (unsigned char)(seed * 37u + i * 11u + (i >> 8) * 5u + 1u);
}

static inline void fill(void *block, size_t size, unsigned seed)
{
    volatile unsigned char *bytes = (volatile unsigned char *)block;
    for (size_t i = 0; i < size; i++)
        bytes[i] = pattern(i, seed);
}

static inline int holds(const void *block, size_t size, unsigned seed)
{
    const unsigned char *bytes = (const unsigned char *)block;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != pattern(i, seed))
            return 0;
    return 1;
}

static inline int is_zero(const void *block, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)block;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return 0;
    return 1;
}

/* Writes one byte to each page, so that the block is resident. */
static inline void touch(void *block, size_t size)
{
    volatile unsigned char *bytes = (volatile unsigned char *)block;
    for (size_t i = 0; i < size; i += 4096)
        bytes[i] = 1;
}

static inline unsigned long next_random(unsigned long *state)
{
    unsigned long x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

static inline double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void sleep_ms(long ms)
{
    struct timespec wait;
    wait.tv_sec = ms / 1000;
    wait.tv_nsec = ms % 1000 * 1000000;
    nanosleep(&wait, NULL);
}

/* Reads a small file of /proc into a buffer. */
static inline size_t read_file(const char *path, char *text, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t got;
    CHECK(file >= 0);
    while (length < size - 1 && (got = read(file, text + length, size - 1 - length)) > 0)
        length += (size_t)got;
    close(file);
    text[length] = 0;
    return length;
}

/* Resident memory of this process. */
static inline size_t resident_kib(void)
{
    char text[256];
    unsigned long mapped = 0, resident = 0;
    read_file("/proc/self/statm", text, sizeof text);
    CHECK(sscanf(text, "%lu %lu", &mapped, &resident) == 2);
    return resident * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* The number in the line of a file of /proc that begins with `name`. */
static inline size_t proc_number(const char *path, const char *name)
{
    static char text[1 << 16];
    size_t number = 0;
    read_file(path, text, sizeof text);
    const char *line = strstr(text, name);
    CHECK(line != NULL && sscanf(line + strlen(name), "%zu", &number) == 1);
    return number;
}

/* Mappings of the process. */
static inline size_t mappings(void)
{
    static char text[1 << 16];
    size_t lines = 0;
    ssize_t got;
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    CHECK(file >= 0);
    while ((got = read(file, text, sizeof text)) > 0)
        for (ssize_t i = 0; i < got; i++)
            lines += text[i] == '\n';
    close(file);
    return lines;
}

/* Gives the calling thread a heap of its own, however many there are. */
static inline void earn_heap(void)
{
    for (int i = 0; i < 100000; i++)
        free(hide(malloc(64)));
}

static inline pthread_t start(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, body, argument) == 0);
    return thread;
}

static inline void *finish(pthread_t thread)
{
    void *result = NULL;
    CHECK(pthread_join(thread, &result) == 0);
    return result;
}

/* Waits for a child that must end well. */
static inline void wait_ok(pid_t child)
{
    int status = 0;
    pid_t got;
    CHECK(child > 0);
    while ((got = waitpid(child, &status, 0)) < 0 && errno == EINTR)
        ;
    CHECK(got == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#endif
