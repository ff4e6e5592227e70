/* Beside a preload that wraps malloc, realloc and free by dlsym, itself called before any constructor. */
/* preload-before: life/counter.so */
#include "test.h"
#include <dlfcn.h>

int main(void)
{
    size_t (*calls)(void) = (size_t(*)(void))dlsym(RTLD_DEFAULT, "counter_calls");
    CHECK(calls != NULL);
    size_t before = calls();
    for (size_t i = 1; i < 1000; i++) {
        void *block = calloc(1, i);
        CHECK(block != NULL);
        free(realloc(block, i * 100));
    }
    CHECK(calls() >= before + 1998);
    return 0;
}
