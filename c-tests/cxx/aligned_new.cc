// Over-aligned types come aligned from new and new[], and go by the matching delete.
#include "test.h"
#include <memory>
#include <new>
#include <vector>

template <size_t Alignment> struct alignas(Alignment) Wide {
    char bytes[Alignment] = {1};
};

template <size_t Alignment> static void check()
{
    std::vector<std::unique_ptr<Wide<Alignment>>> kept;
    for (int i = 0; i < 50; i++) {
        kept.push_back(std::make_unique<Wide<Alignment>>());
        CHECK(is_aligned(kept.back().get(), Alignment));
        std::unique_ptr<Wide<Alignment>[]> array(new Wide<Alignment>[3]);
        CHECK(is_aligned(array.get(), Alignment) && array[2].bytes[0] == 1);
    }
}

int main()
{
    check<16>();
    check<32>();
    check<64>();
    check<128>();
    check<4096>();
    check<65536>();
    return 0;
}
