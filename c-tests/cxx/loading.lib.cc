// A library that, while it is loaded, waits for a thread that wants memory: see new_while_loading.cc.
#include "test.h"

__attribute__((constructor)) static void load()
{
    const char *meeting = getenv("MEETING");
    CHECK(meeting != nullptr);
    reinterpret_cast<void (*)()>(strtoull(meeting, nullptr, 16))();
}
