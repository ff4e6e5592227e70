// Where the executable replaces the operators for arrays alone, sized deletes reach its own, and what is no
// array does not.
/* cflags: -Wno-sized-deallocation */
#include "test.h"
#include <initializer_list>
#include <new>

static int news, deletes;

void *operator new[](std::size_t size)
{
    news++;
    return operator new(size);
}

void operator delete[](void *block) noexcept
{
    deletes++;
    operator delete(block);
}

int main()
{
    using std::nothrow;
    for (size_t size : {size_t(10), size_t(5000), size_t(100000)}) {
        int n = news, d = deletes;
        operator delete(hide(operator new(size)), size);
        operator delete(hide(operator new(size)));
        CHECK(news == n && deletes == d);
        operator delete[](hide(operator new[](size)), size);
        operator delete[](hide(operator new[](size)));
        operator delete[](hide(operator new[](size, nothrow)), nothrow);
        CHECK(news == n + 3 && deletes == d + 3);
    }
    operator delete[](nullptr, size_t(10));
    operator delete(nullptr, size_t(10));
    return 0;
}
