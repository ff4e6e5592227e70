// Containers of the library in several threads that hand their content to each other.
#include "test.h"
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

using Table = std::map<std::string, std::vector<int>>;

static std::unique_ptr<Table> made(int seed)
{
    auto table = std::make_unique<Table>();
    for (int i = 0; i < 2000; i++) {
        auto &list = (*table)["key of some length " + std::to_string(i * seed)];
        list.resize(static_cast<size_t>(i % 100));
        std::iota(list.begin(), list.end(), seed);
    }
    return table;
}

int main()
{
    for (int round = 0; round < 5; round++) {
        std::vector<std::unique_ptr<Table>> tables(4);
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; t++)
            threads.emplace_back([&, t] { tables[static_cast<size_t>(t)] = made(t + 1); });
        for (auto &thread : threads)
            thread.join();
        threads.clear();
        for (int t = 0; t < 4; t++)
            threads.emplace_back([&, t] {
                auto table = std::move(tables[static_cast<size_t>((t + 1) % 4)]);
                int seed = (t + 1) % 4 + 1;
                CHECK(table->size() == 2000);
                for (auto &[key, list] : *table)
                    CHECK(list.empty() || list.back() == seed + static_cast<int>(list.size()) - 1);
            });
        for (auto &thread : threads)
            thread.join();
    }
    return 0;
}
