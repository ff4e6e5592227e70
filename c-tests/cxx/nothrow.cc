// The nothrow forms return NULL, also after a handler threw.
#include "test.h"
#include <new>

static const size_t too_much = PTRDIFF_MAX - 100000;
static int calls;

static void throwing()
{
    calls++;
    throw std::bad_alloc();
}

int main()
{
    using namespace std;
    const align_val_t a{256};
    for (int handler = 0; handler < 2; handler++) {
        set_new_handler(handler ? throwing : nullptr);
        CHECK(operator new(hide_size(too_much), nothrow) == nullptr);
        CHECK(operator new[](hide_size(too_much), nothrow) == nullptr);
        CHECK(operator new(hide_size(too_much), a, nothrow) == nullptr);
        CHECK(operator new[](hide_size(too_much), a, nothrow) == nullptr);
        CHECK(calls == 4 * handler);
    }
    void *block = operator new(100, nothrow);
    CHECK(block != nullptr);
    operator delete(block, nothrow);
    return 0;
}
