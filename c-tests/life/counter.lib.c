/* A tracing preload: wraps malloc, free and realloc by dlsym(RTLD_NEXT), as heap profilers do. */
#include "../test.h"
#include <dlfcn.h>

size_t counter_calls(void);

static size_t calls;

size_t counter_calls(void)
{
    return __atomic_load_n(&calls, __ATOMIC_RELAXED);
}

#define WRAP(type, name, parameters, arguments) \
    type name parameters \
    { \
        static type(*next) parameters; \
        if (next == NULL) \
            next = (type(*) parameters)dlsym(RTLD_NEXT, #name); \
        __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED); \
        return next arguments; \
    }

WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, realloc, (void *block, size_t size), (block, size))
WRAP(void, free, (void *block), (block))
