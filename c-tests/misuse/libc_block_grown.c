/* A block that libc's own malloc gave, on its brk heap, is grown past libc's threshold for mappings, where its blocks are
 * not recognised: what realloc gives can be used, grown and freed like any other. */
/* needs: pigalloc */
#include "misuse/misuse.h"
#include <dlfcn.h>

enum { SIZE = 1000, GROWN = 200000, MORE = 300000 };

int main(void)
{
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    CHECK(libc != NULL);
    void *(*libc_malloc)(size_t) = (void *(*)(size_t))dlsym(libc, "malloc");
    CHECK(libc_malloc != NULL);
    char *block = libc_malloc(SIZE);
    CHECK(block != NULL);
    if (block > (char *)sbrk(0) || access("/proc/self/stat", R_OK) != 0)
        SKIP("libc's blocks cannot be recognised here");
    fill(block, SIZE, 1);
    block = realloc(block, GROWN);
    CHECK(block != NULL && holds(block, SIZE, 1) && malloc_usable_size(block) >= GROWN);
    block = realloc(block, MORE);
    CHECK(block != NULL && holds(block, SIZE, 1));
    free(block);
    block = libc_malloc(SIZE);
    CHECK(block != NULL);
    fill(block, SIZE, 2);
    block = realloc(block, SIZE / 4);
    CHECK(block != NULL && holds(block, SIZE / 4, 2));
    free(block);
    return 0;
}
