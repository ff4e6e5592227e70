// Where the executable replaces the aligned operator new and delete, their array, nothrow and sized forms
// reach it.
#include "test.h"
#include <new>

static int news, deletes;

void *operator new(std::size_t size, std::align_val_t alignment)
{
    news++;
    if (void *block = memalign(static_cast<std::size_t>(alignment), size))
        return block;
    throw std::bad_alloc();
}

void operator delete(void *block, std::align_val_t) noexcept
{
    deletes++;
    std::free(block);
}

template <class Allocate, class Free> static void both(Allocate allocate, Free release)
{
    int n = news, d = deletes;
    void *block = hide(allocate());
    CHECK(block != nullptr && is_aligned(block, 128) && news == n + 1);
    release(block);
    CHECK(deletes == d + 1);
}

int main()
{
    using namespace std;
    const align_val_t a{128};
    both([a] { return operator new(10, a); }, [a](void *p) { operator delete(p, a); });
    both([a] { return operator new(10, a); }, [a](void *p) { operator delete(p, size_t(10), a); });
    both([a] { return operator new(10, a, nothrow); }, [a](void *p) { operator delete(p, a, nothrow); });
    both([a] { return operator new[](10, a); }, [a](void *p) { operator delete[](p, a); });
    both([a] { return operator new[](10, a); }, [a](void *p) { operator delete[](p, size_t(10), a); });
    both([a] { return operator new[](10, a, nothrow); }, [a](void *p) { operator delete[](p, a, nothrow); });
    return 0;
}
