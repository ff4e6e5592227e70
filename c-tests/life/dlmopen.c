/* A library in a namespace of its own, with a libc of its own, works beside us. */
#include "test.h"
#include <dlfcn.h>

int main(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/life/busy.so", getenv("C_TEST_BUILD"));
    for (int round = 0; round < 4; round++) {
        void *library = dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
        if (library == NULL)
            quit(1, __FILE__, __LINE__, dlerror());
        void *(*make)(size_t) = (void *(*)(size_t))dlsym(library, "busy_block");
        void *(*kept)(void) = (void *(*)(void))dlsym(library, "busy_kept");
        for (size_t i = 0; i < 100; i++) {
            void *mine = malloc(i * 1000);
            CHECK(mine != NULL && holds(make(i * 100), i * 100, 7));
            free(mine);
        }
        CHECK(holds(kept(), 1000, 42));
    }
    return 0;
}
