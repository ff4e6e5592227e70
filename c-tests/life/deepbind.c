/* A library loaded with RTLD_DEEPBIND, which starts a thread as it is loaded, works beside the program. */
#include "test.h"
#include <dlfcn.h>

int main(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/life/busy.so", getenv("C_TEST_BUILD"));
    void *library = dlopen(path, RTLD_NOW | RTLD_DEEPBIND);
    CHECK(library != NULL);
    void *(*make)(size_t) = (void *(*)(size_t))dlsym(library, "busy_block");
    void *(*kept)(void) = (void *(*)(void))dlsym(library, "busy_kept");
    void *mine[100];
    for (size_t i = 0; i < 100; i++) {
        mine[i] = malloc(i * 100);
        CHECK(mine[i] != NULL);
        fill(mine[i], i * 100, (unsigned)i);
        CHECK(holds(make(i * 100), i * 100, 7));
    }
    CHECK(holds(kept(), 1000, 42));
    for (size_t i = 0; i < 100; i++) {
        CHECK(holds(mine[i], i * 100, (unsigned)i));
        free(mine[i]);
    }
    CHECK(dlclose(library) == 0);
    return 0;
}
