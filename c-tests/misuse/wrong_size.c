/* A sized free with another size than the block was asked for: from what, as what. */
/* needs: pigalloc */
/* expect-exit: 3 */
/* cases: 24-1000 1000-24 100-40000 40000-100 200000-100 100-200000 */
#include "misuse/misuse.h"

#include <dlfcn.h>

int main(int argc, char **argv)
{
    size_t size = 0, wrong = 0;
    CHECK(argc == 2 && sscanf(argv[1], "%zu-%zu", &size, &wrong) == 2);
    /* C23's function, or that of jemalloc and its kin. */
    void *sized = dlsym(RTLD_DEFAULT, "free_sized"), *extended = dlsym(RTLD_DEFAULT, "sdallocx");
    if (sized == NULL && extended == NULL)
        SKIP("no sized free");
    void *block = announce(among_others(size));
    if (sized != NULL)
        ((void (*)(void *, size_t))sized)(block, wrong);
    else
        ((void (*)(void *, size_t, int))extended)(block, wrong, 0);
    judged_size = size > wrong ? size : wrong;
    unnoticed();
}
