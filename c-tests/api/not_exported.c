/* Functions of libc that merely call malloc stay libc's: a program with its own malloc would get ours mixed
 * in. */
#include "test.h"
#include <dlfcn.h>

int main(void)
{
    static const char *const names[] = {"strdup",    "strndup", "realpath", "asprintf",
                                        "vasprintf", "getline", "getcwd",   "mmap"};
    Dl_info libc, info;
    CHECK(dladdr(dlsym(RTLD_DEFAULT, "gnu_get_libc_version"), &libc) != 0);
    for (size_t i = 0; i < COUNT(names); i++) {
        CHECK(dladdr(dlsym(RTLD_DEFAULT, names[i]), &info) != 0);
        if (strcmp(info.dli_fname, libc.dli_fname) != 0)
            quit(1, __FILE__, __LINE__, names[i]);
    }
    char *copy = strdup("copied"), *path = realpath("/", NULL), *text = NULL;
    CHECK(asprintf(&text, "%s %d", copy, 7) == 8 && strcmp(text, "copied 7") == 0 && strcmp(path, "/") == 0);
    free(copy);
    free(path);
    free(text);
    return 0;
}
