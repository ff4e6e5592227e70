// A failing new calls the new_handler again and again, until it succeeds, throws or is taken away.
#include "test.h"
#include <new>

static int calls;
static const size_t too_much = PTRDIFF_MAX - 100000;

static void counting()
{
    if (++calls == 5)
        std::set_new_handler(nullptr);
}

struct OwnError {};

static void throwing()
{
    throw OwnError();
}

template <class Error, class Allocate> static bool throws(Allocate allocate)
{
    try {
        hide(allocate());
    } catch (const Error &) {
        return true;
    }
    return false;
}

template <class Allocate> static void checked(Allocate allocate)
{
    calls = 0;
    std::set_new_handler(counting);
    CHECK(throws<std::bad_alloc>(allocate));
    CHECK(calls == 5);
    std::set_new_handler(throwing);
    CHECK(throws<OwnError>(allocate));
    std::set_new_handler(nullptr);
}

int main()
{
    using std::align_val_t;
    checked([] { return operator new(hide_size(too_much)); });
    checked([] { return operator new[](hide_size(too_much)); });
    checked([] { return operator new(hide_size(too_much), align_val_t(64)); });
    checked([] { return operator new[](hide_size(too_much), align_val_t(64)); });
    return 0;
}
