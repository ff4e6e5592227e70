/* ops OPERATION COUNT: performs an operation of malloc's family COUNT times; scripts/count.py counts the instructions.
   Each loop does as little as it can beside the calls: what it adds, with the two calls through the PLT, is about 10
   instructions. Built with -fno-builtin, so that no call is optimized away. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP = 100, SLOTS = 1000 };

static void *group[GROUP];

/* malloc and free, one block at a time. */
static void pair(long count, size_t size) {
    for (long i = 0; i < count; i++) {
        void *volatile block = malloc(size);
        free(block);
    }
}

/* A hundred blocks, the last one freed first. */
static void lifo(long count, size_t size) {
    for (long i = 0; i < count; i += GROUP) {
        for (int j = 0; j < GROUP; j++) group[j] = malloc(size);
        for (int j = GROUP; j-- > 0;) free(group[j]);
    }
}

/* A hundred blocks, the first one freed first. */
static void fifo(long count, size_t size) {
    for (long i = 0; i < count; i += GROUP) {
        for (int j = 0; j < GROUP; j++) group[j] = malloc(size);
        for (int j = 0; j < GROUP; j++) free(group[j]);
    }
}

/* A thousand blocks of 8 to 1,031 bytes; one of them at random is replaced by one of another size. */
static void replace(long count, size_t smallest) {
    static void *slot[SLOTS];
    unsigned state = 2463534242u;
    for (long i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        unsigned which = (state >> 16) % SLOTS;
        state = state * 1664525u + 1013904223u;
        if (slot[which]) free(slot[which]);
        slot[which] = malloc(smallest + (state >> 16) % 1024);
    }
    for (int j = 0; j < SLOTS; j++) free(slot[j]);
}

static void zeroed(long count, size_t size) {
    for (long i = 0; i < count; i++) {
        void *volatile block = calloc(1, size);
        free(block);
    }
}

static pthread_barrier_t filled, emptied;

static void *free_groups(void *count) {
    for (long i = 0; i < *(long *)count; i += GROUP) {
        pthread_barrier_wait(&filled);
        for (int j = 0; j < GROUP; j++) free(group[j]);
        pthread_barrier_wait(&emptied);
    }
    return NULL;
}

/* Blocks of this thread, freed by another one a hundred at a time. */
static void handed_over(long count, size_t size) {
    pthread_t other;
    pthread_barrier_init(&filled, NULL, 2);
    pthread_barrier_init(&emptied, NULL, 2);
    if (pthread_create(&other, NULL, free_groups, &count)) abort();
    for (long i = 0; i < count; i += GROUP) {
        for (int j = 0; j < GROUP; j++) group[j] = malloc(size);
        pthread_barrier_wait(&filled);
        pthread_barrier_wait(&emptied);
    }
    pthread_join(other, NULL);
}

/* One block, resized by one byte there and back: it stays where it is. */
static void resized(long count, size_t size) {
    void *volatile block = malloc(size);
    for (long i = 0; i < count; i++) block = realloc(block, size - (i & 1));
    free(block);
}

static void aligned(long count, size_t size) {
    for (long i = 0; i < count; i++) {
        void *volatile block = aligned_alloc(64, size);
        free(block);
    }
}

static const struct {
    const char *name;
    void (*perform)(long count, size_t size);
    size_t size;
} operations[] = {
    {"pair-64", pair, 64},         {"lifo-64", lifo, 64},          {"fifo-64", fifo, 64},
    {"random", replace, 8},        {"calloc-64", zeroed, 64},      {"pair-4000", pair, 4000},
    {"pair-40000", pair, 40000},   {"remote-64", handed_over, 64}, {"realloc-1000", resized, 1000},
    {"aligned-200", aligned, 200},
};

int main(int argc, char **argv) {
    if (argc != 3) {
        fputs("usage: ops OPERATION COUNT\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strcmp(argv[1], operations[i].name) == 0) {
            operations[i].perform(atol(argv[2]), operations[i].size);
            return 0;
        }
    fprintf(stderr, "ops: %s: no such operation\n", argv[1]);
    return 2;
}
