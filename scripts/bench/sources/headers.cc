// Header-heavy C++: what a compiler mostly meets. COPIES instantiations of everything, and fewer headers for a
// small number of them.
#include <algorithm>
#include <deque>
#include <functional>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>
#if COPIES > 2
#include <chrono>
#include <filesystem>
#include <future>
#include <random>
#include <regex>
#endif

template <int N> struct Tag {
    int value = N;
    bool operator<(const Tag &other) const { return value < other.value; }
};

template <int N> struct Shelf {
    std::map<std::string, std::vector<Tag<N>>> by_name;
    std::unordered_map<int, std::shared_ptr<std::variant<int, std::string, Tag<N>>>> by_number;
    std::set<std::tuple<int, Tag<N>>> order;
    std::function<std::optional<Tag<N>>(const std::string &)> look;

    long fill(int count) {
        for (int i = 0; i < count; i++) {
            by_name[std::to_string(i % 7)].push_back(Tag<N>{i});
            by_number[i] = std::make_shared<std::variant<int, std::string, Tag<N>>>(i);
            order.emplace(i, Tag<N>{N - i});
        }
        look = [this](const std::string &name) -> std::optional<Tag<N>> {
            auto found = by_name.find(name);
            return found == by_name.end() ? std::nullopt : std::optional(found->second.back());
        };
        std::vector<std::string> names;
        std::transform(by_name.begin(), by_name.end(), std::back_inserter(names), [](auto &pair) { return pair.first; });
        std::sort(names.begin(), names.end(), [](auto &a, auto &b) { return a > b; });
        return std::accumulate(names.begin(), names.end(), 0L,
                               [this](long sum, auto &name) { return sum + look(name)->value; });
    }
};

template <int... N> long fill_all(std::integer_sequence<int, N...>) { return (0L + ... + Shelf<N>().fill(100)); }

int main() { std::cout << fill_all(std::make_integer_sequence<int, COPIES>()) << '\n'; }
