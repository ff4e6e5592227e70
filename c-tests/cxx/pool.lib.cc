// A library with an allocator of its own behind all of C++'s operators but the aligned ones, as some bring one along.
/* cflags: -Wno-sized-deallocation */
#include "test.h"
#include <algorithm>
#include <new>
#include <vector>

static char pool[1 << 22];
static size_t used;

static void *from_pool(size_t size)
{
    size_t start = used;
    used += (size + 15) / 16 * 16;
    CHECK(used <= sizeof pool);
    return pool + start;
}

void *operator new(size_t size) { return from_pool(size); }
void *operator new[](size_t size) { return from_pool(size); }
void *operator new(size_t size, const std::nothrow_t &) noexcept { return from_pool(size); }
void *operator new[](size_t size, const std::nothrow_t &) noexcept { return from_pool(size); }
void operator delete(void *) noexcept {}
void operator delete[](void *) noexcept {}
void operator delete(void *, size_t) noexcept {}
void operator delete[](void *, size_t) noexcept {}
void operator delete(void *, const std::nothrow_t &) noexcept {}
void operator delete[](void *, const std::nothrow_t &) noexcept {}

template <class T> static void give_back(T *block)
{
    hide(block);
    delete block;
}

/* What one form gave another takes; a stable sort takes its buffer by the nothrow form. */
extern "C" int pool_works(void)
{
    std::vector<int> numbers(3000);
    for (size_t i = 0; i < numbers.size(); i++)
        numbers[i] = (int)(i * 7919 % numbers.size());
    std::stable_sort(numbers.begin(), numbers.end());
    give_back(new long);
    give_back(new (std::nothrow) long);
    operator delete(hide(operator new(100, std::nothrow)), size_t(100));
    operator delete[](hide(operator new[](100, std::nothrow)));
    operator delete[](hide(operator new[](100)), std::nothrow);
    return std::is_sorted(numbers.begin(), numbers.end());
}
