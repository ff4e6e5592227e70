/* A dlopen'ed library allocates in its constructor and later; its blocks outlive dlclose, round after
 * round. */
#include "test.h"
#include <dlfcn.h>

int main(void)
{
    char path[4096];
    size_t before = 0;
    snprintf(path, sizeof path, "%s/life/busy.so", getenv("C_TEST_BUILD"));
    for (int round = 0; round < 60; round++) {
        if (round == 10)
            before = resident_kib();
        void *library = dlopen(path, RTLD_NOW);
        CHECK(library != NULL);
        void *(*make)(size_t) = (void *(*)(size_t))dlsym(library, "busy_block");
        void *(*kept)(void) = (void *(*)(void))dlsym(library, "busy_kept");
        void *first = kept(), *small = make(100), *large = make(300000);
        CHECK(dlclose(library) == 0);
        CHECK(holds(first, 1000, 42) && holds(small, 100, 7) && holds(large, 300000, 7));
        free(first);
        free(small);
        free(large);
    }
    CHECK_AT_MOST(resident_kib(), before + 4 * KIB);
    return 0;
}
