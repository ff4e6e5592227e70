/* A library that allocates when it is loaded, and frees that when it is unloaded.
 *
 * It has no thread-local variables: in the child of a fork glibc 2.36 frees those of the threads that are gone
 * (_dl_deallocate_tls), and one of these may have been between freeing them and saying so. That is a double free
 * whatever the allocator, and ends the child. */
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 40 };
static char *blocks[BLOCKS];
static char *own;

__attribute__((constructor)) static void come(void)
{
    for (size_t i = 0; i < BLOCKS; i++)
        if ((blocks[i] = malloc(i * i * 8 + 1)) != NULL)
            memset(blocks[i], (int)i, i * i * 8 + 1);
    own = calloc(1, 500);
}

__attribute__((destructor)) static void go(void)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        for (size_t k = 0; blocks[i] != NULL && k < i * i * 8 + 1; k++)
            if (blocks[i][k] != (char)i)
                abort();
        free(blocks[i]);
    }
    free(own);
}

int visitor_blocks(void)
{
    return BLOCKS;
}
