/* The allocator itself loaded a second time, into a namespace of its own: both work, each on its own
 * memory. */
#include "test.h"
#include <dlfcn.h>

int main(void)
{
    const char *path = getenv("C_TEST_LIB");
    void *library = dlmopen(LM_ID_NEWLM, strcmp(path, "system") == 0 ? "libc.so.6" : path, RTLD_NOW);
    if (library == NULL)
        quit(1, __FILE__, __LINE__, dlerror());
    void *(*other_malloc)(size_t) = (void *(*)(size_t))dlsym(library, "malloc");
    void (*other_free)(void *) = (void (*)(void *))dlsym(library, "free");
    CHECK(other_malloc != NULL && other_malloc != malloc && other_free != NULL);
    for (size_t size = 1; size < 50 * MIB; size = size * 2 + 1) {
        void *mine = malloc(size), *other = other_malloc(size);
        CHECK(mine != NULL && other != NULL);
        fill(mine, size, 1);
        fill(other, size, 2);
        CHECK(holds(mine, size, 1) && holds(other, size, 2));
        free(mine);
        other_free(other);
    }
    return 0;
}
