/* free keeps errno, also for blocks that go back to the system; a malloc that succeeds keeps it too. */
#include "test.h"

int main(void)
{
    static const size_t sizes[] = {0, 1, 24, 1000, 5000, 40000, 65537, 200000, 4 * MIB, 64 * MIB, 1 * GIB};
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int value = 1; value < 20; value++) {
            errno = value;
            void *block = malloc(sizes[i]);
            CHECK(errno == value && block != NULL);
            void *zero = calloc(1, sizes[i]);
            CHECK(errno == value && zero != NULL);
            block = realloc(block, sizes[i] + 1 + sizes[i] / 2);
            CHECK(errno == value && block != NULL);
            void *aligned = memalign(4096, sizes[i]);
            CHECK(errno == value && aligned != NULL);
            CHECK(malloc_usable_size(block) >= sizes[i] && errno == value);
            free(block);
            CHECK(errno == value);
            free(zero);
            CHECK(errno == value);
            free(aligned);
            CHECK(errno == value);
            free(NULL);
            CHECK(errno == value);
        }
    return 0;
}
