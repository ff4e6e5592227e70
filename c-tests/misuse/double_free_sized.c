/* free_sized of a block that is free already. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 24 1000 40000 200000 */
#include "misuse/misuse.h"

#include <dlfcn.h>

int main(int argc, char **argv)
{
    void (*sized)(void *, size_t) = (void (*)(void *, size_t))dlsym(RTLD_DEFAULT, "free_sized");
    size_t size = size_of(argc, argv);
    void *block = announce(among_others(size));
    CHECK(sized != NULL);
    sized(block, size);
    sized(hide(block), size);
    unnoticed();
}
