/* A library that frees, resizes and measures the program's blocks and gives it its own, as plugins do; and that opens
 * another one beside itself. */
#define _GNU_SOURCE
#include "../test.h"
#include <dlfcn.h>
#include <malloc.h>

void exchange_free(void *block);
void *exchange_resize(void *block, size_t size);
void *exchange_make(size_t size);
size_t exchange_usable(void *block);
void *exchange_open(const char *path, int flags);

static void *made_by_constructor;

__attribute__((constructor)) static void loaded(void)
{
    made_by_constructor = malloc(300000);
}

void exchange_free(void *block)
{
    free(block);
}

void *exchange_resize(void *block, size_t size)
{
    return realloc(block, size);
}

void *exchange_make(size_t size)
{
    return size == 0 ? made_by_constructor : malloc(size);
}

size_t exchange_usable(void *block)
{
    return malloc_usable_size(block);
}

void *exchange_open(const char *path, int flags)
{
    return dlopen(path, flags);
}
