/* No function of the family is a cancellation point: a thread with a cancellation pending passes through
 * all of them. */
#include "test.h"

static int passed;

static void *body(void *unused)
{
    CHECK(pthread_cancel(pthread_self()) == 0);
    for (size_t size = 1; size < 100 * MIB; size = size * 2 + 1) {
        void *block = malloc(size), *zero = calloc(size, 1), *aligned = aligned_alloc(64, size), *other = NULL;
        CHECK(posix_memalign(&other, 4096, size) == 0);
        block = realloc(block, size * 2);
        CHECK(block != NULL && malloc_usable_size(block) >= size * 2);
        touch(block, size);
        free(block);
        free(zero);
        free(aligned);
        free(other);
        malloc_trim(0);
        mallinfo2();
    }
    CHECK(malloc(hide_size(SIZE_MAX)) == NULL);
    passed++;
    pthread_testcancel();
    quit(1, __FILE__, __LINE__, "the cancellation was lost");
    return unused;
}

int main(void)
{
    for (int i = 1; i <= 10; i++) {
        CHECK(finish(start(body, NULL)) == PTHREAD_CANCELED);
        CHECK(passed == i);
    }
    return 0;
}
