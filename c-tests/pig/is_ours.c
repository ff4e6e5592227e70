/* pig_is_ours knows blocks of every size, their insides too, and nothing else; any address may be asked
 * about. */
/* needs: pigalloc */
#include "test.h"
#include <pigalloc.h>

int main(void)
{
    int local = 0;
    static int data = 1;
    for (size_t size = 1; size < 100 * MIB; size = size * 2 + 1) {
        char *block = malloc(size);
        CHECK(block != NULL);
        CHECK(pig_is_ours(block) == 1 && pig_is_ours(block + size / 2) == 1);
        CHECK(pig_is_ours(block + size - 1) == 1);
        free(block);
    }
    errno = 22;
    CHECK(pig_is_ours(NULL) == 0 && pig_is_ours(&local) == 0 && pig_is_ours(&data) == 0);
    CHECK(pig_is_ours((void *)(uintptr_t)quit) == 0 && pig_is_ours(stdout) == 0);
    for (int bit = 0; bit < 64; bit++)
        CHECK(pig_is_ours((void *)((uintptr_t)1 << bit)) == 0);
    CHECK(pig_is_ours((void *)UINTPTR_MAX) == 0);
    void *mapping = mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(mapping != MAP_FAILED && pig_is_ours(mapping) == 0);
    CHECK(errno == 22);
    return 0;
}
