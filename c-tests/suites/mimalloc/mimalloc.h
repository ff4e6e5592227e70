/* mimalloc's interface on the standard one, as far as its tests of the public functions need it. */
#ifndef SUITES_MIMALLOC_H
#define SUITES_MIMALLOC_H

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define mi_malloc malloc
#define mi_malloc_small malloc
#define mi_calloc calloc
#define mi_realloc realloc
#define mi_reallocarray reallocarray
#define mi_free free
#define mi_usable_size malloc_usable_size
#define mi_posix_memalign posix_memalign
#define mi_memalign memalign
#define mi_realpath realpath
#define mi_mallocn(count, size) reallocarray(NULL, count, size)
#define mi_reallocn(block, count, size) reallocarray(block, count, size)
#define mi_zalloc(size) calloc(1, size)
#define mi_zalloc_small(size) calloc(1, size)
#define mi_malloc_aligned(size, alignment) memalign(alignment, size)
#define mi_option_disable(option) ((void)0)

static inline void *mi_zalloc_aligned(size_t size, size_t alignment)
{
    void *block = memalign(alignment, size);
    return block == NULL ? NULL : memset(block, 0, size);
}

static inline void *mi_calloc_aligned(size_t count, size_t size, size_t alignment)
{
    return mi_zalloc_aligned(count * size, alignment);
}

/* A heap is the list of its blocks. */
typedef struct {
    void *blocks[8];
    size_t count;
} mi_heap_t;

static inline mi_heap_t *mi_heap_new(void)
{
    return calloc(1, sizeof(mi_heap_t));
}

static inline void *mi_heap_malloc_aligned(mi_heap_t *heap, size_t size, size_t alignment)
{
    return heap->count == 8 ? NULL : (heap->blocks[heap->count++] = memalign(alignment, size));
}

#define mi_heap_malloc_tp(heap, type) ((type *)mi_heap_malloc_aligned(heap, sizeof(type), _Alignof(type)))

static inline bool mi_heap_contains_block(const mi_heap_t *heap, const void *block)
{
    for (size_t i = 0; i < heap->count; i++)
        if (block != NULL && heap->blocks[i] == block)
            return true;
    return false;
}

static inline void mi_heap_delete(mi_heap_t *heap)
{
    free(heap);
}

static inline void mi_heap_destroy(mi_heap_t *heap)
{
    for (size_t i = 0; i < heap->count; i++)
        free(heap->blocks[i]);
    free(heap);
}

#endif
