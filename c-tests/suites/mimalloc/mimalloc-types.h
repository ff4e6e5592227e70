/* The constants of mimalloc's internal header that its tests of the public functions use. */
#define MI_DEBUG 0
#define MI_ALIGNMENT_MAX ((size_t)1 << 20)
#define MI_MAX_ALIGN_SIZE 16
#define MI_SMALL_SIZE_MAX 1024
