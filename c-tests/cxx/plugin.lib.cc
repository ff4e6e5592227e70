// What a plugin in C++ does with memory, its failure included.
#include "test.h"
#include <memory>
#include <new>
#include <string>
#include <vector>

extern "C" int plugin_work(int n)
{
    std::vector<std::unique_ptr<std::string>> texts;
    for (int i = 0; i < n; i++)
        texts.push_back(std::make_unique<std::string>(50 + i % 500, 'x'));
    int length = 0;
    for (auto &text : texts)
        length += (int)text->size();
    return length;
}

/* 1 when what cannot be had is refused by std::bad_alloc. */
extern "C" int plugin_fails(size_t size)
{
    try {
        operator delete(operator new(size));
        return 0;
    } catch (const std::bad_alloc &) {
        return 1;
    }
}
