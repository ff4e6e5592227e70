/* C23's free_sized and free_aligned_sized free what malloc and aligned_alloc gave, take NULL and keep
 * errno. */
/* beyond-glibc: 2.36 does not have them */
#include "test.h"
#include <dlfcn.h>

int main(void)
{
    void (*sized)(void *, size_t) = (void (*)(void *, size_t))dlsym(RTLD_DEFAULT, "free_sized");
    void (*aligned)(void *, size_t, size_t) =
        (void (*)(void *, size_t, size_t))dlsym(RTLD_DEFAULT, "free_aligned_sized");
    CHECK(sized != NULL && aligned != NULL);
    errno = 77;
    sized(NULL, 0);
    aligned(NULL, 64, 0);
    size_t before = resident_kib();
    for (size_t total = 0, size = 1; total < 2 * GIB; total += size) {
        size = size < 300000 ? size * 3 / 2 + 1 : 1;
        char *block = malloc(size), *other = aligned_alloc(64, size);
        CHECK(block != NULL && other != NULL);
        block[size - 1] = other[size - 1] = 1;
        sized(block, size);
        aligned(other, 64, size);
    }
    CHECK_AT_MOST(resident_kib(), before + 32 * KIB);
    CHECK(errno == 77);
    return 0;
}
