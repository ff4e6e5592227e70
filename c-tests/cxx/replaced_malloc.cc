// Where the executable has its own malloc and free, operator new reaches those.
#include "test.h"
#include <new>

static char pool[1 << 20];
static size_t used;
static int frees;

static bool is_mine(const void *block)
{
    return block >= pool && block < pool + sizeof pool;
}

extern "C" void *malloc(size_t size)
{
    size_t at = used;
    used += (size + 15) / 16 * 16;
    return used <= sizeof pool ? pool + at + (16 - reinterpret_cast<uintptr_t>(pool) % 16) % 16 : nullptr;
}

extern "C" void *calloc(size_t n, size_t size)
{
    return malloc(n * size);
}

extern "C" void *realloc(void *block, size_t size)
{
    void *fresh = malloc(size);
    if (fresh && block)
        memcpy(fresh, block, size);
    return fresh;
}

extern "C" void free(void *block)
{
    frees += is_mine(block);
}

int main()
{
    int before = frees;
    int *number = static_cast<int *>(hide(new int(7)));
    char *text = static_cast<char *>(hide(new char[100]));
    CHECK(is_mine(number) && is_mine(text));
    delete number;
    delete[] text;
    CHECK(frees == before + 2);
    char *copy = strdup("hello");
    CHECK(is_mine(copy) && strcmp(copy, "hello") == 0);
    free(copy);
    return 0;
}
