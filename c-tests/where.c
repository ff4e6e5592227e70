/* Prints the file that malloc comes from: the runner refuses to test one allocator under the name of another. */
#include "test.h"
#include <dlfcn.h>

int main(void)
{
    Dl_info info;
    void *function = dlsym(RTLD_DEFAULT, "malloc");
    CHECK(function != NULL && dladdr(function, &info) != 0);
    puts(info.dli_fname);
    return 0;
}
