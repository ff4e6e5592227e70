/*
 * pigalloc: a malloc for Linux that is fast, small, safe by default, and that explains itself.
 *
 * Sizes are in bytes; errno changes only where a function says so. Any thread may free, resize and
 * ask about any block. No function but malloc_info, which writes to a stream, is a cancellation
 * point. None may be called from a signal handler that has interrupted another one of them.
 *
 * Generated from src/abi by `make header`; not to be edited.
 */

#ifndef PIGALLOC_H
#define PIGALLOC_H


#include <malloc.h> /* struct mallinfo, struct mallinfo2, M_TRIM_THRESHOLD */
#include <stddef.h> /* size_t */
#include <stdio.h>  /* FILE */

/* No function throws, and C libraries declare theirs so: C++ wants the same here. */
#if !defined(__cplusplus)
#define PIG_NOTHROW
#elif __cplusplus >= 201103L
#define PIG_NOTHROW noexcept
#else
#define PIG_NOTHROW throw()
#endif

/**
 * Where the memory is. Sizes are in bytes.
 *
 * Later versions add fields at the end; `size` says which ones a program knows.
 */
typedef struct pig_stats_t {
    /**
     * To be set to sizeof(pig_stats_t) before the call; after it, how much of it was filled.
     */
    size_t size;
    /**
     * Usable bytes of all blocks that the program holds.
     */
    size_t live_bytes;
    /**
     * Number of blocks that the program holds.
     */
    size_t live_blocks;
    /**
     * Of live_bytes, those of blocks too large for a size class, each in a span of pages.
     */
    size_t large_bytes;
    /**
     * Number of such blocks.
     */
    size_t large_blocks;
    /**
     * Of live_bytes, those of blocks that have a mapping of their own.
     */
    size_t huge_bytes;
    /**
     * Number of such blocks.
     */
    size_t huge_blocks;
    /**
     * Free blocks that threads keep, in magazines, outboxes and as kept large blocks, in bytes.
     */
    size_t cached_bytes;
    /**
     * Free blocks in slabs and what is set aside for slabs, in bytes.
     */
    size_t slab_free_bytes;
    /**
     * Free spans that are still resident, in bytes.
     */
    size_t dirty_bytes;
    /**
     * What pigalloc's own records take, in bytes.
     */
    size_t metadata_bytes;
    /**
     * Address space of the arenas, reserved or committed, in bytes.
     */
    size_t reserved_bytes;
    /**
     * Of reserved_bytes, what is ready for use.
     */
    size_t committed_bytes;
    /**
     * Mappings of huge blocks, in bytes, outside reserved_bytes.
     */
    size_t mapped_huge_bytes;
    /**
     * Free spans given back to the system since the start, in bytes.
     */
    size_t purged_bytes;
    /**
     * Number of heaps of threads.
     */
    size_t heaps;
    /**
     * Of these, heaps of which no block is in use.
     */
    size_t heaps_idle;
    /**
     * What rounding up to a size class costs at most, in tenths of a percent of the live bytes in slabs.
     */
    size_t class_waste_permille;
} pig_stats_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Allocates a block of at least `size` bytes; its content is indeterminate.
 *
 * Returns the block, aligned to 16 bytes, or NULL with errno ENOMEM if there is no memory or
 * `size` is above PTRDIFF_MAX. A size of 0 gives a block of its own, to be freed like any other.
 * C17 7.22.3.4, malloc(3).
 */
void *malloc(size_t size) PIG_NOTHROW;

/**
 * Frees the block `ptr`; NULL is allowed and does nothing. errno is kept.
 *
 * A block that is free already, and a pointer that is not the start of a block, end the process
 * with a message. C17 7.22.3.3, free(3).
 *
 * # Safety
 * Nothing reads or writes the block any more.
 */
void free(void *ptr) PIG_NOTHROW;

/**
 * Allocates a block of `count` times `size` bytes, all of them zero.
 *
 * Returns the block, aligned to 16 bytes, or NULL with errno ENOMEM if there is no memory or the
 * product is above PTRDIFF_MAX. A product of 0 gives a block of its own. C17 7.22.3.2, calloc(3).
 */
void *calloc(size_t count, size_t size) PIG_NOTHROW;

/**
 * Changes the size of the block `ptr` to at least `size` bytes, and moves it where it has to.
 *
 * Returns the block, aligned to 16 bytes, its content kept up to the smaller of the two sizes; or
 * NULL with errno ENOMEM if there is no memory or `size` is above PTRDIFF_MAX, the block then
 * being as it was. With `ptr` NULL this is malloc; with `size` 0 the block is freed and the result
 * is NULL, errno kept. Misuse ends the process as in free. C17 7.22.3.5, realloc(3).
 *
 * # Safety
 * If the result is not `ptr`, nothing reads or writes the block at `ptr` any more.
 */
void *realloc(void *ptr, size_t size) PIG_NOTHROW;

/**
 * Changes the size of the block `ptr` to at least `count` times `size` bytes.
 *
 * As realloc of that product, but a product that is too large is NULL with errno ENOMEM and leaves
 * the block as it was. reallocarray(3), OpenBSD.
 *
 * # Safety
 * If the result is not `ptr`, nothing reads or writes the block at `ptr` any more.
 */
void *reallocarray(void *ptr, size_t count, size_t size) PIG_NOTHROW;

/**
 * Allocates a block of at least `size` bytes, aligned to `alignment` bytes.
 *
 * Returns 0 and stores the block in `*memptr`; or returns EINVAL if the alignment is not a power
 * of two or not a multiple of sizeof(void *), or ENOMEM if there is no memory or `size` is above
 * PTRDIFF_MAX. A failure leaves `*memptr` as it was. errno is kept. POSIX.1-2001,
 * posix_memalign(3).
 *
 * # Safety
 * `memptr` points to a pointer that may be written.
 */
int posix_memalign(void **memptr, size_t alignment, size_t size) PIG_NOTHROW;

/**
 * Allocates a block of at least `size` bytes, aligned to `alignment` bytes.
 *
 * Any size will do; an alignment that is no power of two is rounded up to the next one. Returns
 * the block, or NULL with errno EINVAL if the alignment is above SIZE_MAX / 2 + 1, or ENOMEM if
 * there is no memory or `size` is above PTRDIFF_MAX. C17 7.22.3.1, aligned_alloc(3).
 */
void *aligned_alloc(size_t alignment, size_t size) PIG_NOTHROW;

/**
 * Allocates a block of at least `size` bytes, aligned to `alignment` bytes.
 *
 * The same as aligned_alloc: an alignment that is no power of two is rounded up, and errno is
 * EINVAL or ENOMEM. Obsolete; memalign(3).
 */
void *memalign(size_t alignment, size_t size) PIG_NOTHROW;

/**
 * Allocates a block of at least `size` bytes, aligned to the page size.
 *
 * Returns the block, or NULL with errno ENOMEM. Obsolete; valloc(3).
 */
void *valloc(size_t size) PIG_NOTHROW;

/**
 * Allocates a block of `size` bytes, rounded up to whole pages, aligned to the page size.
 *
 * Returns the block, or NULL with errno ENOMEM, also if the rounded size is above PTRDIFF_MAX.
 * Obsolete; pvalloc(3).
 */
void *pvalloc(size_t size) PIG_NOTHROW;

/**
 * Frees the block `ptr`, as free does.
 *
 * For old binaries: C libraries no longer declare it. cfree(3).
 *
 * # Safety
 * Nothing reads or writes the block any more.
 */
void cfree(void *ptr) PIG_NOTHROW;

/**
 * Frees the block `ptr` that was allocated with `size` bytes by malloc, calloc or realloc.
 *
 * As free; the block knows its size, and the one passed here is not needed. errno is kept.
 * C23 7.24.3.4.
 *
 * # Safety
 * Nothing reads or writes the block any more, and it was asked for with this size.
 */
void free_sized(void *ptr, size_t size) PIG_NOTHROW;

/**
 * Frees the block `ptr` that was allocated with this alignment and size by aligned_alloc.
 *
 * As free; the block knows both, and those passed here are not needed. errno is kept.
 * C23 7.24.3.5.
 *
 * # Safety
 * Nothing reads or writes the block any more, and it was asked for with this alignment and size.
 */
void free_aligned_sized(void *ptr, size_t alignment, size_t size) PIG_NOTHROW;

/**
 * The number of bytes of the block `ptr` that may be used: at least as many as were asked for.
 *
 * All of them may be written, and realloc keeps them all. 0 for NULL. errno is kept; misuse ends
 * the process as in free. malloc_usable_size(3).
 *
 * # Safety
 * The block is not freed meanwhile.
 */
size_t malloc_usable_size(void *ptr) PIG_NOTHROW;

/**
 * Gives all free memory back to the system that no live block pins, other threads' included, but
 * for what other live threads have in magazines and keep of large blocks.
 *
 * Returns 1 if any memory went back, else 0. `pad`, which asks glibc to keep that many bytes at
 * the top of its heap, has nothing to act on here. errno is kept. malloc_trim(3).
 */
int malloc_trim(size_t pad) PIG_NOTHROW;

/**
 * Sets a parameter of glibc's allocator. Returns 1 if the parameter is known, else 0.
 *
 * M_TRIM_THRESHOLD sets how much free memory is kept resident, in bytes, rounded up to MiB: no more
 * than that below 32 MiB; from there on more where what went back is soon needed again. Below 0,
 * memory is kept for as long as the settings allow. The other parameters describe
 * lists, arenas and thresholds that pigalloc does not have: they are accepted and change nothing.
 * errno is kept. mallopt(3).
 */
int mallopt(int param, int value) PIG_NOTHROW;

/**
 * What is in use, in numbers of type int, each at INT_MAX if it is larger.
 *
 * As mallinfo2, which should be used instead. mallinfo(3).
 */
struct mallinfo mallinfo(void) PIG_NOTHROW;

/**
 * What is in use, in bytes and numbers of blocks.
 *
 * uordblks: bytes of live blocks other than huge ones; hblkhd and hblks: bytes and number of huge
 * blocks, which have mappings of their own; fordblks and ordblks: bytes that are free and still
 * resident, number of free blocks in slabs; arena: uordblks and fordblks together; keepcost: bytes
 * of free spans, which malloc_trim gives back. The other fields are 0. mallinfo2(3).
 */
struct mallinfo2 mallinfo2(void) PIG_NOTHROW;

/**
 * Writes what is in use to `stream` as XML, in the elements that glibc uses.
 *
 * Returns 0; EINVAL, also in errno, and writes nothing if `options` is not 0; -1 with the errno of
 * the stream if that fails. No lock of the allocator is held meanwhile: the stream may allocate.
 * malloc_info(3).
 *
 * # Safety
 * `stream` is open for writing.
 */
int malloc_info(int options, FILE *stream) PIG_NOTHROW;

/**
 * Writes where the memory is to stderr, in words and units, past the buffers of stdio.
 *
 * malloc_stats(3).
 */
void malloc_stats(void) PIG_NOTHROW;

/**
 * The version of the library, such as "1.2.3".
 */
const char *pig_version(void) PIG_NOTHROW;

/**
 * Fills in where the memory is.
 *
 * The caller sets out->size to sizeof *out first. Returns 0, and out->size says how many bytes
 * were filled: an older library fills fewer, and leaves the rest as it was. Returns EINVAL if
 * `out` is NULL or out->size is smaller than the first version of the structure. errno is kept.
 *
 * # Safety
 * `out` is NULL or points to out->size bytes that may be written, aligned as the structure is.
 */
int pig_stats_get(struct pig_stats_t *out) PIG_NOTHROW;

/**
 * Writes where the memory is into `buf`, in words and units, lines ended by '\n'.
 *
 * As snprintf: writes at most `n` bytes, the last of them NUL, and returns the length of the whole
 * text without the NUL. `buf` may be NULL if `n` is 0. errno is kept.
 *
 * # Safety
 * `n` bytes at `buf` may be written.
 */
size_t pig_stats_text(char *buf, size_t n) PIG_NOTHROW;

/**
 * Writes where the memory is into `buf`, as one JSON object, sizes in bytes.
 *
 * As snprintf: writes at most `n` bytes, the last of them NUL, and returns the length of the whole
 * text without the NUL. `buf` may be NULL if `n` is 0. errno is kept.
 *
 * # Safety
 * `n` bytes at `buf` may be written.
 */
size_t pig_stats_json(char *buf, size_t n) PIG_NOTHROW;

/**
 * Writes where the memory is to stderr, in words and units, past the buffers of stdio.
 */
void pig_stats_print(void) PIG_NOTHROW;

/**
 * Gives all free memory back to the system that no live block pins, other threads' included, but
 * for what other live threads have in magazines and keep of large blocks.
 *
 * Returns how many bytes went back. errno is kept.
 */
size_t pig_purge(void) PIG_NOTHROW;

/**
 * The usable size in bytes of the block that malloc(size) would give; 0 if `size` is too large.
 *
 * errno is kept.
 */
size_t pig_good_size(size_t size) PIG_NOTHROW;

/**
 * Reads a setting.
 *
 * `name` is that of the environment variable without PIGALLOC_, in upper or lower case. A setting
 * with words for values is the place of its word in the list, from 0. Returns 0 and stores the
 * value, ENOENT if there is no such setting, EINVAL if a pointer is NULL. errno is kept.
 *
 * # Safety
 * `name` is NULL or a string, and `value` NULL or may be written.
 */
int pig_option_get(const char *name, long *value) PIG_NOTHROW;

/**
 * Changes a setting of the running program.
 *
 * `name` and `value` are as in pig_option_get. Returns 0, ENOENT if there is no such setting,
 * EINVAL if the value is out of range, the setting is read at start only, or `name` is NULL.
 * errno is kept.
 *
 * # Safety
 * `name` is NULL or a string.
 */
int pig_option_set(const char *name, long value) PIG_NOTHROW;

/**
 * Returns 1 if `p` points into memory that pigalloc handed out, else 0.
 *
 * Any address may be asked about; nothing is read there. errno is kept.
 */
int pig_is_ours(const void *p) PIG_NOTHROW;

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* PIGALLOC_H */
