// A new_handler may free memory: the allocation that failed then succeeds.
#include "test.h"
#include <new>
#include <sys/resource.h>

static void *reserve;
static int calls;

static void release()
{
    calls++;
    CHECK(reserve != nullptr);
    free(reserve);
    reserve = nullptr;
}

int main()
{
    rlimit limit = {1 * GIB, 1 * GIB};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    reserve = malloc(600 * MIB);
    CHECK(reserve != nullptr);
    std::set_new_handler(release);
    char *block = static_cast<char *>(hide(operator new(hide_size(550 * MIB))));
    CHECK(calls == 1 && block != nullptr);
    block[0] = block[550 * MIB - 1] = 1;
    operator delete(block);
    return 0;
}
