/* A preloaded library allocates and starts a thread in its constructor, before or after ours: its blocks
 * are good in main. */
/* preload-after: life/busy.so */
#include "test.h"
#include <dlfcn.h>

int main(void)
{
    void *(*kept)(void) = (void *(*)(void))dlsym(RTLD_DEFAULT, "busy_kept");
    CHECK(kept != NULL);
    CHECK(holds(kept(), 1000, 42));
    free(kept());
    return 0;
}
