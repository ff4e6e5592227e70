/* free of a block that libc's own malloc gave: passed on to libc, or reported; nothing in between. */
/* expect-signal: ABRT or none */
/* expect-stderr: free: not an allocated block: %p */
/* cases: 24 1000 40000 200000 */
#include "misuse/misuse.h"
#include <dlfcn.h>

int main(int argc, char **argv)
{
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    CHECK(libc != NULL);
    void *(*libc_malloc)(size_t) = (void *(*)(size_t))dlsym(libc, "malloc");
    CHECK(libc_malloc != NULL);
    char *block = libc_malloc(size_of(argc, argv));
    CHECK(block != NULL);
    fill(block, 24, 1);
    free(announce(block));
    return 0;
}
