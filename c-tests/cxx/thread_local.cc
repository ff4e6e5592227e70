// Destructors of thread_local objects allocate and free, in many threads and in main:
// nothing breaks, nothing leaks.
#include "test.h"
#include <string>
#include <thread>
#include <vector>

struct Late {
    std::vector<std::string> lines;
    ~Late()
    {
        for (int i = 0; i < 200; i++)
            lines.push_back(std::string(static_cast<size_t>(i) * 20, 'x'));
        char *block = static_cast<char *>(malloc(50000));
        CHECK(block != nullptr);
        touch(block, 50000);
        free(block);
    }
};

static thread_local Late late;

static void body()
{
    late.lines.emplace_back("first line that is too long for the short string buffer");
}

int main()
{
    body();
    for (int i = 0; i < 200; i++)
        std::thread(body).join();
    size_t before = resident_kib();
    for (int i = 0; i < 2000; i++)
        std::thread(body).join();
    CHECK_AT_MOST(resident_kib(), before + 8 * KIB);
    return 0;
}
