/* Under a seccomp filter that kills on anything but the plain memory calls, all of malloc goes on. */
#include "test.h"
#include "life/seccomp.h"

int main(void)
{
    static void *blocks[30000];
    free(malloc(10));
    only_memory_calls();
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT(blocks); i++) {
            blocks[i] = i % 3 ? malloc(i % 3000) : calloc(1, i % 9000);
            CHECK(blocks[i] != NULL);
            fill(blocks[i], i % 3000 < 8 ? i % 3000 : 8, 1);
        }
        for (size_t i = 0; i < COUNT(blocks); i++)
            free(blocks[i]);
        for (size_t size = 1; size < 300 * MIB; size = size * 2 + 1) {
            void *block = memalign(256, size);
            CHECK(block != NULL);
            touch(block, size < MIB ? size : MIB);
            block = realloc(block, size * 2);
            CHECK(block != NULL && malloc_usable_size(block) >= size * 2);
            free(block);
        }
        malloc_trim(0);
        CHECK(mallinfo2().arena < SIZE_MAX);
    }
    CHECK(malloc(hide_size(SIZE_MAX)) == NULL && errno == ENOMEM);
    return 0;
}
