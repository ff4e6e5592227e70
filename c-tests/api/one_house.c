/* All names of the family come from one object: where one is left out, libc's own allocator starts up
 * beside ours. */
#include "test.h"
#include <dlfcn.h>

static const char *origin(const char *name)
{
    Dl_info info;
    void *function = dlsym(RTLD_DEFAULT, name);
    if (function == NULL)
        function = dlvsym(RTLD_DEFAULT, name, "GLIBC_2.2.5");
    if (function == NULL || dladdr(function, &info) == 0)
        quit(1, name, 0, name);
    return info.dli_fname;
}

int main(void)
{
    static const char *const names[] = {
        "free", "calloc", "realloc", "reallocarray", "posix_memalign", "aligned_alloc", "memalign",
        "valloc", "pvalloc", "cfree", "malloc_usable_size", "malloc_trim", "mallopt", "mallinfo",
        "mallinfo2", "malloc_info", "malloc_stats", "__libc_malloc", "__libc_free", "__libc_calloc",
        "__libc_realloc", "__libc_memalign", "__libc_valloc", "__libc_pvalloc",
    };
    const char *home = origin("malloc");
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(origin(names[i]), home) != 0) {
            char text[256];
            snprintf(text, sizeof text, "%s comes from %s, malloc from %s", names[i], origin(names[i]), home);
            quit(1, __FILE__, __LINE__, text);
        }
    return 0;
}
