// C++ containers, built, changed and torn down.
//
// tree: std::map from strings to strings; hash: std::unordered_map from strings to vectors; strings: a
// vector of strings that is filled, sorted and thinned out; lists: std::list and std::deque, spliced and
// emptied.
#include "bench.h"
#include <algorithm>
#include <deque>
#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

// Keys longer than the fifteen characters that std::string holds by itself are allocated.
std::string key_of(uint64_t number) {
    std::string key = "key/" + std::to_string(number);
    if (number % 3 != 0)
        key += "/in/a/longer/path/" + std::to_string(number * 7919);
    return key;
}

void must(bool held, const char *what) {
    if (!held)
        fail(what, nullptr);
}

void tree(uint64_t random) {
    std::map<std::string, std::string> map;
    const size_t count = 30000;
    for (size_t i = 0; i < count; i++)
        map[key_of(below(&random, count))] = std::string(between(&random, 1, 100), 'v');
    for (size_t i = 0; i < count / 2; i++) {
        map.erase(key_of(below(&random, count)));
        map[key_of(below(&random, count))] += "and more than there was before";
    }
    size_t length = 0;
    for (const auto &pair : map)
        length += pair.second.size();
    must(length > count, "tree");
}

void hash(uint64_t random) {
    std::unordered_map<std::string, std::vector<uint32_t>> map;
    const size_t count = 50000;
    for (size_t i = 0; i < 3 * count; i++)
        map[key_of(below(&random, count))].push_back(static_cast<uint32_t>(i));
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        auto place = map.find(key_of(below(&random, count)));
        if (place == map.end())
            continue;
        found += place->second.size();
        if (i % 2 == 0)
            map.erase(place);
    }
    must(found > count, "hash");
}

void strings(uint64_t random) {
    std::vector<std::string> words;
    for (size_t i = 0; i < 60000; i++)
        words.push_back(std::string(pareto(&random, 8, 2000), static_cast<char>('a' + below(&random, 26))));
    std::sort(words.begin(), words.end());
    must(std::is_sorted(words.begin(), words.end()), "strings");
    words.erase(std::unique(words.begin(), words.end()), words.end());
    for (auto &word : words)
        word += word.substr(word.size() / 2) + "-";
    std::string all;
    for (const auto &word : words)
        all += word;
    must(all.size() > words.size(), "strings");
}

void lists(uint64_t random) {
    std::list<std::string> lists[8];
    std::deque<std::vector<char>> queue;
    for (size_t i = 0; i < 100000; i++) {
        auto &list = lists[below(&random, 8)];
        list.push_back(key_of(i));
        if (list.size() > 5000)
            list.erase(list.begin(), std::next(list.begin(), 2000));
        queue.emplace_back(pareto(&random, 16, 4 * KB), 'q');
        if (queue.size() > 4000)
            queue.pop_front();
        if (i % 10000 == 0)
            lists[0].splice(lists[0].end(), lists[1 + below(&random, 7)]);
    }
    must(queue.size() == 4000 && queue.front().at(0) == 'q', "lists");
}

void (*const MODES[])(uint64_t) = {tree, hash, strings, lists};
const size_t TIMES[] = {36, 28, 44, 80};
int mode;

void build_and_drop(int index) {
    for (size_t time = 0, end = share(TIMES[mode]); time < end; time++)
        MODES[mode](seed(time * MOST_THREADS + static_cast<uint64_t>(index)));
}

} // namespace

int main(int argc, char **argv) {
    mode = read_arguments(argc, argv, "tree|hash|strings|lists");
    run_crew(threads, build_and_drop);
    return 0;
}
