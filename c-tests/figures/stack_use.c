/* Bytes of stack that the calls of malloc need, the return address included.
 *
 * A fresh thread paints the stack below its own frame, makes calls of one kind with sizes from 1 byte to 8
 * MB, and looks for the lowest byte that changed; the first of these calls are the thread's first use of
 * the allocator. One thread per kind, then once more in a thread where all of them have been in use. */
#include "figure.h"

enum { STACK = 512 * 1024, PAINTED = 256 * 1024, PAINT = 0xa5, SMALL = 500, BLOCKS = 520 };
enum kind { MALLOC, FREE, CALLOC, REALLOC, ALIGNED, KINDS };

static const char *const NAMES[KINDS] = {"malloc", "free", "calloc", "realloc", "aligned_alloc"};
static size_t needed[KINDS];
static void *blocks[KINDS][BLOCKS];

/* Sizes that walk through all small classes, then the large ones. */
static size_t size_of(size_t i) { return i < SMALL ? 1 + i * i / 3 : (i - SMALL + 1) * 400 * KB; }

/* The stack pointer of the caller at a call: above this function's saved frame pointer and return address. */
__attribute__((noinline)) static char *stack_at_call(void) {
    __asm__ volatile("");
    return (char *)__builtin_frame_address(0) + 16;
}

/* Its frame stays above the painted part; only the allocator's functions run below it. */
__attribute__((noinline)) static void measure(enum kind kind, void **block) {
    char *top = stack_at_call();
    volatile char *low = top - PAINTED;
    for (volatile char *at = low; at < top - 8; at++)
        *at = (char)PAINT;
    switch (kind) {
    case MALLOC:
        for (size_t i = 0; i < BLOCKS; i++)
            block[i] = malloc(size_of(i));
        break;
    case FREE:
        for (size_t i = 0; i < BLOCKS; i++)
            free(block[i]);
        break;
    case CALLOC:
        for (size_t i = 0; i < BLOCKS; i++)
            block[i] = calloc(1, size_of(i));
        break;
    case REALLOC:
        for (size_t i = 0; i < BLOCKS; i++)
            block[i] = realloc(block[i], 2 * size_of(i));
        break;
    default:
        for (size_t i = 0; i < BLOCKS; i++)
            block[i] = aligned_alloc(64u << i % 8, size_of(i));
        break;
    }
    while (*low == (char)PAINT)
        low++;
    size_t used = (size_t)(top - (char *)low);
    if (used > needed[kind])
        needed[kind] = used;
}

static void *one_kind(void *arg) {
    size_t kind = (size_t)arg;
    measure((enum kind)kind, blocks[kind]);
    return NULL;
}

static void *every_kind(void *arg) {
    measure(MALLOC, blocks[MALLOC]);
    measure(CALLOC, blocks[CALLOC]);
    measure(ALIGNED, blocks[ALIGNED]);
    measure(REALLOC, blocks[MALLOC]);
    measure(FREE, blocks[MALLOC]);
    measure(FREE, blocks[CALLOC]);
    measure(FREE, blocks[ALIGNED]);
    return arg;
}

static void run(void *(*body)(void *), size_t kind) {
    pthread_join(start_thread(body, (void *)kind, STACK), NULL);
}

int main(void) {
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[FREE][i] = malloc(size_of(i));
        blocks[REALLOC][i] = malloc(size_of(i) / 2);
    }
    for (size_t kind = 0; kind < KINDS; kind++)
        run(one_kind, kind);
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t i = 0; kind != FREE && i < BLOCKS; i++)
            free(blocks[kind][i]);
    run(every_kind, 0);
    size_t most = 0;
    printf("{");
    for (int kind = 0; kind < KINDS; kind++) {
        printf("\"%s\": %zu, ", NAMES[kind], needed[kind]);
        most = needed[kind] > most ? needed[kind] : most;
    }
    printf("\"bytes\": %zu}\n", most);
    return 0;
}
