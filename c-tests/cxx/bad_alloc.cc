// Without a handler a failing new throws bad_alloc, a negative or too large array bad_array_new_length;
// nothing aborts.
#include "test.h"
#include <new>
#include <vector>

template <class Error, class Allocate> static bool throws(Allocate allocate)
{
    try {
        hide(allocate());
    } catch (const Error &) {
        return true;
    }
    return false;
}

int main()
{
    for (size_t size : {size_t(PTRDIFF_MAX) - 64, size_t(PTRDIFF_MAX) + 1, SIZE_MAX - 64, SIZE_MAX}) {
        CHECK(throws<std::bad_alloc>([size] { return operator new(hide_size(size)); }));
        CHECK(throws<std::bad_alloc>([size] { return operator new[](hide_size(size)); }));
    }
    for (size_t size : {size_t(PTRDIFF_MAX) - 64, size_t(PTRDIFF_MAX) + 1})
        CHECK(throws<std::bad_alloc>([size] { return operator new(hide_size(size), std::align_val_t(4096)); }));
    CHECK(throws<std::bad_array_new_length>([] { return new long[hide_size(SIZE_MAX / 2)]; }));
    std::vector<char> vector;
    CHECK(throws<std::bad_alloc>([&] { vector.resize(PTRDIFF_MAX - 1); return vector.data(); }));
    vector.resize(1000);
    CHECK(vector[999] == 0);
    return 0;
}
