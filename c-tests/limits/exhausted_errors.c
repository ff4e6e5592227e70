/* When memory is used up every function of the family says NULL and ENOMEM, blocks keep their content, and
 * free makes room. */
#include "test.h"
#include "limits/limit.h"

#define NO_MEMORY(call) (errno = 0, CHECK((call) == NULL), CHECK(errno == ENOMEM))

int main(int argc, char **argv)
{
    enum { SIZE = 1 << 20, MOST = 400 };
    static void *blocks[MOST];
    size_t n = 0;
    CHECK(argc == 1);
    start_limited(RLIMIT_AS, 256 * MIB, argv);
    while ((blocks[n] = malloc(SIZE)) != NULL) {
        fill(blocks[n], 100, (unsigned)n);
        CHECK(++n < MOST);
    }
    for (int round = 0; round < 3; round++) {
        void *out = NULL;
        NO_MEMORY(malloc(8 * SIZE));
        NO_MEMORY(calloc(8, SIZE));
        NO_MEMORY(realloc(blocks[0], 8 * SIZE));
        NO_MEMORY(reallocarray(blocks[1], 8, SIZE));
        NO_MEMORY(memalign(4096, 8 * SIZE));
        NO_MEMORY(aligned_alloc(64, 8 * SIZE));
        NO_MEMORY(valloc(8 * SIZE));
        NO_MEMORY(pvalloc(8 * SIZE));
        CHECK(posix_memalign(&out, 64, 8 * SIZE) == ENOMEM && out == NULL);
        for (size_t i = 0; i < n; i++)
            CHECK(holds(blocks[i], 100, (unsigned)i));
    }
    for (size_t i = 0; i < 40; i++)
        free(blocks[--n]);
    void *large = malloc(8 * SIZE);
    CHECK(large != NULL);
    touch(large, 8 * SIZE);
    free(large);
    while (n > 0)
        free(blocks[--n]);
    return 0;
}
