/* A library that brings operators new and delete of its own along gets all of them from one allocator, whoever's
 * that is. */
#include "test.h"
#include <dlfcn.h>

int main(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/cxx/pool.so", getenv("C_TEST_BUILD"));
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CHECK(library != NULL);
    int (*works)(void) = (int (*)(void))dlsym(library, "pool_works");
    CHECK(works() && works());
    return 0;
}
