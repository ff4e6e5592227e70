// A new_handler may free memory: the allocation that failed then succeeds.
#include "test.h"
#include "limits/limit.h"
#include <new>

static void *reserve;
static int calls;

static void release()
{
    calls++;
    CHECK(reserve != nullptr);
    free(reserve);
    reserve = nullptr;
}

int main(int argc, char **argv)
{
    CHECK(argc == 1);
    start_limited(RLIMIT_AS, 1 * GIB, argv);
    reserve = malloc(600 * MIB);
    CHECK(reserve != nullptr);
    std::set_new_handler(release);
    char *block = static_cast<char *>(hide(operator new(hide_size(550 * MIB))));
    CHECK(calls == 1 && block != nullptr);
    block[0] = block[550 * MIB - 1] = 1;
    operator delete(block);
    return 0;
}
