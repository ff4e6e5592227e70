/* Libraries loaded with RTLD_DEEPBIND, as PHP loads its extensions and APR Apache's modules, exchange blocks of all
 * sizes with the program. Who opens one is known: $ORIGIN is the folder of the library that asks. */
#include "test.h"
#include <dlfcn.h>

static const size_t sizes[] = {1, 24, 500, 5000, 60000, 200000, 5 * MIB, 300 * MIB};

static void *symbol(void *library, const char *name)
{
    void *found = dlsym(library, name);
    CHECK(found != NULL);
    return found;
}

static void exchange(void *library)
{
    void (*give)(void *) = (void (*)(void *))symbol(library, "exchange_free");
    void *(*resize)(void *, size_t) = (void *(*)(void *, size_t))symbol(library, "exchange_resize");
    void *(*make)(size_t) = (void *(*)(size_t))symbol(library, "exchange_make");
    size_t (*usable)(void *) = (size_t(*)(void *))symbol(library, "exchange_usable");
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t filled = sizes[i] < MIB ? sizes[i] : MIB;
        void *mine = malloc(sizes[i]);
        CHECK(mine != NULL);
        fill(mine, filled, (unsigned)i);
        CHECK(usable(mine) >= sizes[i]);
        mine = resize(mine, sizes[i] * 2);
        CHECK(mine != NULL && holds(mine, filled, (unsigned)i));
        give(mine);
        void *theirs = make(sizes[i]);
        CHECK(theirs != NULL);
        fill(theirs, filled, (unsigned)i);
        theirs = realloc(theirs, sizes[i] + 100);
        CHECK(theirs != NULL && holds(theirs, filled, (unsigned)i));
        free(theirs);
    }
    free(make(0));
}

int main(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/life/exchange.so", getenv("C_TEST_BUILD"));
    void *library = dlopen(path, RTLD_LAZY | RTLD_GLOBAL | RTLD_DEEPBIND);
    CHECK(library != NULL);
    exchange(library);

    void *(*open)(const char *, int) = (void *(*)(const char *, int))symbol(library, "exchange_open");
    void *other = open("$ORIGIN/busy.so", RTLD_NOW | RTLD_DEEPBIND);
    CHECK(other != NULL);
    void *(*kept)(void) = (void *(*)(void))symbol(other, "busy_kept");
    CHECK(holds(kept(), 1000, 42));
    CHECK(dlclose(other) == 0);
    CHECK(open("$ORIGIN/missing.so", RTLD_NOW | RTLD_DEEPBIND) == NULL);
    const char *error = dlerror();
    CHECK(error != NULL && strstr(error, "missing.so") != NULL);
    CHECK(dlclose(library) == 0);
    return 0;
}
