/* A program in C loads a plugin in C++ for itself alone, so that nobody else finds the C++ library: operator
 * new works there, and throws. */
#include "test.h"
#include <dlfcn.h>

int main(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/cxx/plugin.so", getenv("C_TEST_BUILD"));
    CHECK(dlsym(RTLD_DEFAULT, "_ZSt15get_new_handlerv") == NULL);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CHECK(library != NULL);
    CHECK(dlsym(RTLD_DEFAULT, "_ZSt15get_new_handlerv") == NULL);
    int (*work)(int) = (int (*)(int))dlsym(library, "plugin_work");
    int (*fails)(size_t) = (int (*)(size_t))dlsym(library, "plugin_fails");
    CHECK(work(500) == 500 * 50 + 499 * 500 / 2);
    CHECK(fails(100) == 0 && fails(100000) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(fails(hide_size(PTRDIFF_MAX)) == 1 && fails(hide_size(PTRDIFF_MAX - 100000)) == 1);
    CHECK(fails(100) == 0);
    return 0;
}
