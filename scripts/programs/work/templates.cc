#include <algorithm>
#include <deque>
#include <functional>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

#ifndef DEPTH
#define DEPTH 40
#endif

template <int N> struct Level {
    using Value = std::tuple<std::map<int, typename Level<N - 1>::Key>, std::vector<Level<N - 1>>>;
    using Key = std::variant<int, std::string, std::vector<typename Level<N - 1>::Key>>;
    Value value;
    static long depth() { return N + Level<N - 1>::depth(); }
};
template <> struct Level<0> {
    using Key = std::string;
    static long depth() { return 0; }
};

template <typename Container, typename... Rest> long fill(Container c, Rest... rest) {
    for (int i = 0; i < 2000; i++)
        c.insert(c.end(), typename Container::value_type(i * 7919 % 1009));
    long sum = std::accumulate(c.begin(), c.end(), 0L);
    if constexpr (sizeof...(rest) > 0)
        sum += fill(rest...);
    return sum;
}

template <std::size_t... I> long unfold(std::index_sequence<I...>) {
    return (0L + ... + fill(std::vector<long>(I), std::set<int>{}, std::deque<short>(I), std::list<long long>{}));
}

struct Node {
    std::unique_ptr<Node> left, right;
    std::string name;
    static std::unique_ptr<Node> grow(int depth) {
        auto node = std::make_unique<Node>();
        node->name = std::string(depth * 5, 'n');
        if (depth > 0) {
            node->left = grow(depth - 1);
            node->right = grow(depth - 1);
        }
        return node;
    }
    long weigh() const { return name.size() + (left ? left->weigh() + right->weigh() : 0); }
};

int main() {
    std::unordered_map<std::string, std::vector<std::string>> words;
    std::ostringstream out;
    for (int i = 0; i < 20000; i++)
        words["key" + std::to_string(i % 997)].push_back(std::to_string(i));
    std::map<std::string, std::size_t> sorted;
    for (auto &[key, list] : words)
        sorted[key] = list.size();
    for (auto &[key, size] : sorted)
        out << key << size << ' ';
    std::string text = out.str();
    std::regex pattern("key([0-9]+)2 ");
    std::function<long(const std::string &)> count = [&](const std::string &s) {
        return std::distance(std::sregex_iterator(s.begin(), s.end(), pattern), std::sregex_iterator());
    };
    std::cout << Level<DEPTH>::depth() << ' ' << unfold(std::make_index_sequence<12>()) << ' ' << count(text) << ' '
              << Node::grow(14)->weigh() << ' ' << text.size() << '\n';
}
