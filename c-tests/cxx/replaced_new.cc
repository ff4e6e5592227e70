// Where the executable replaces plain operator new and delete, all other forms reach its replacement.
/* cflags: -Wno-sized-deallocation */
#include "test.h"
#include <new>

static int news, deletes;

void *operator new(std::size_t size)
{
    news++;
    if (void *block = std::malloc(size ? size : 1))
        return block;
    throw std::bad_alloc();
}

void operator delete(void *block) noexcept
{
    deletes++;
    std::free(block);
}

template <class Allocate, class Free> static void both(Allocate allocate, Free release)
{
    int n = news, d = deletes;
    void *block = hide(allocate());
    CHECK(block != nullptr && news == n + 1);
    release(block);
    CHECK(deletes == d + 1);
}

int main()
{
    using namespace std;
    both([] { return operator new(10); }, [](void *p) { operator delete(p); });
    both([] { return operator new(10); }, [](void *p) { operator delete(p, size_t(10)); });
    both([] { return operator new(10, nothrow); }, [](void *p) { operator delete(p, nothrow); });
    both([] { return operator new[](10); }, [](void *p) { operator delete[](p); });
    both([] { return operator new[](10); }, [](void *p) { operator delete[](p, size_t(10)); });
    both([] { return operator new[](10, nothrow); }, [](void *p) { operator delete[](p, nothrow); });
    return 0;
}
