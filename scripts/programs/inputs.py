"""Inputs that the programs work on, generated the same on every machine."""

import random

WORDS = ("arena", "block", "bin", "bitmap", "class", "decay", "fork", "heap", "list", "lock", "magazine", "map",
         "page", "purge", "queue", "release", "remote", "shard", "slab", "span", "thread", "unit")


def text(path, megabytes):
    """Lines of a number, two words and a hexadecimal key."""
    source = random.Random(1)
    with open(path, "w") as file:
        size = 0
        while size < megabytes << 20:
            lines = "".join(f"{source.randrange(10**9)} {source.choice(WORDS)} {source.choice(WORDS)} "
                            f"{source.getrandbits(64):016x}\n" for _ in range(1000))
            size += file.write(lines)


def history(path, commits):
    """A git fast-import stream: each commit changes one file of forty, and every tenth makes a tag."""
    source = random.Random(2)
    with open(path, "w") as file:
        for n in range(1, commits + 1):
            body = "".join(f"{source.choice(WORDS)} {source.randrange(1000)}\n" for _ in range(200))
            file.write(f"blob\nmark :{2 * n}\ndata {len(body)}\n{body}\n")
            message = f"change {n}"
            file.write(f"commit refs/heads/main\nmark :{2 * n + 1}\n"
                       f"committer A <a@example.org> {1700000000 + 60 * n} +0000\n"
                       f"data {len(message)}\n{message}\n")
            if n > 1:
                file.write(f"from :{2 * n - 1}\n")
            file.write(f"M 100644 :{2 * n} dir{n % 8}/file{n % 40}\n\n")
            if n % 10 == 0:
                file.write(f"reset refs/tags/t{n}\nfrom :{2 * n + 1}\n\n")


def c_source(path, functions):
    """A program of many small functions that call each other."""
    source = random.Random(3)
    with open(path, "w") as file:
        file.write("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n")
        file.write("static unsigned f0(unsigned x) { return x * 2654435761u; }\n")
        for n in range(1, functions):
            callee, times, mask = source.randrange(n), source.randrange(2, 9), source.getrandbits(16)
            file.write(f"static unsigned f{n}(unsigned x) {{\n"
                       f"  unsigned table[{times}], sum = {mask}u;\n"
                       f"  for (unsigned i = 0; i < {times}; i++) table[i] = (x >> i) ^ {mask}u;\n"
                       f"  for (unsigned i = 0; i < {times}; i++) sum = sum * 31 + table[i];\n"
                       f"  switch (sum % 4) {{ case 0: return sum; case 1: return f0(sum); default: break; }}\n"
                       f"  return {'f%d(sum)' % callee if n % 3 == 0 else 'sum ^ x'};\n}}\n")
        calls = " ^ ".join(f"f{n}({n}u)" for n in range(functions))
        file.write(f"int main(void) {{ printf(\"%u\\n\", {calls}); return 0; }}\n")


def makefile(path, targets):
    """Targets that depend on each other, with generated rules and functions of make."""
    with open(path, "w") as file:
        file.write("NUMBERS := $(shell seq 1 %d)\n" % targets)
        file.write("PARTS := $(foreach n,$(NUMBERS),out/part-$(n))\n")
        file.write("all: out/sum\n\t@cat out/sum\n")
        file.write("out/sum: $(PARTS)\n\t@cat $(sort $(PARTS)) | sort > $@\n")
        file.write("define rule\nout/part-$(1): $(if $(filter 1 2 3,$(1)),,out/part-$(shell expr $(1) / 2))\n"
                   "\t@mkdir -p out; echo $(1) $(words $(NUMBERS)) $(patsubst %,x%,$(1)) > $$@\nendef\n")
        file.write("$(foreach n,$(NUMBERS),$(eval $(call rule,$(n))))\n")


def tree(folder, files):
    """A folder of text files."""
    source = random.Random(4)
    for n in range(files):
        place = folder / f"d{n % 12}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"f{n}").write_text(" ".join(source.choice(WORDS) for _ in range(source.randrange(200, 8000))))


def redis_commands(path, keys):
    """Commands in the form that redis-cli --pipe takes: strings, hashes, lists, sorted sets; then some deleted."""
    source = random.Random(5)
    with open(path, "w") as file:
        for n in range(keys):
            value = "x" * source.randrange(1, 400)
            file.write(f"SET s:{n} {value}\r\nHSET h:{n % 500} f{n} {value[:50]}\r\n"
                       f"RPUSH l:{n % 100} {n}\r\nZADD z:{n % 50} {source.randrange(10**6)} m{n}\r\n")
            if n % 3 == 0:
                file.write(f"DEL s:{source.randrange(n + 1)}\r\nAPPEND s:{n} {value}\r\n")


CXX_SOURCE = r"""
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
    std::cout << Level<40>::depth() << ' ' << unfold(std::make_index_sequence<12>()) << ' ' << count(text) << ' '
              << Node::grow(14)->weigh() << ' ' << text.size() << '\n';
}
"""

PYTHON_SOURCE = r"""
import collections, json, re, subprocess, sys, threading, zlib

records = [{"id": i, "name": f"name {i * 7919 % 10007}", "tags": [f"t{i % k}" for k in range(2, 9)],
            "inner": {"x": i / 3, "y": [None, True, "\u00e4\u00f6" * (i % 20)]}} for i in range(15000)]
text = json.dumps(records, ensure_ascii=False)
assert json.loads(text) == records
print(len(text), zlib.crc32(text.encode()))

index = collections.defaultdict(list)
for record in records:
    for tag in record["tags"]:
        index[tag].append(record["id"])
for tag in list(index)[::2]:
    del index[tag]
print(sorted((tag, len(ids), sum(ids)) for tag, ids in index.items())[:50])

found = re.findall(r'"name (\d+)5", "tags": \[("t\d+"(?:, )?){3,}', text)
print(len(found), re.sub(r"\d", "#", text)[-300:])

results = {}
def work(me):
    table = {}
    for i in range(20000):
        table[f"{me}-{i % 5000}"] = "v" * (i % 257)
        if i % 3 == 0:
            table.pop(f"{me}-{(i * 7) % 5000}", None)
    results[me] = (len(table), sum(map(len, table.values())))
threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sorted(results.items()))

for n in range(5):
    done = subprocess.run([sys.executable, "-c", f"print(sum(x * x for x in range({n}000)))"], capture_output=True)
    print(done.returncode, done.stdout.decode().strip())
big = bytearray()
for n in range(400):
    big += bytes([n % 256]) * 50000
print(len(big), zlib.crc32(zlib.compress(bytes(big), 1)), zlib.crc32(big[::-7]))
"""

PERL_SOURCE = r"""
use strict; use warnings;
my (%count, @rows, $text);
for my $i (0 .. 150_000) {
    my $key = sprintf("k%05d", ($i * 7919) % 20011);
    $count{$key} .= chr(97 + $i % 26);
    push @rows, [$i % 101, $key, { n => $i }] if $i % 5 == 0;
    delete $count{sprintf("k%05d", ($i * 31) % 20011)} if $i % 7 == 0;
}
my @sorted = sort { $a->[0] <=> $b->[0] || $a->[1] cmp $b->[1] || $a->[2]{n} <=> $b->[2]{n} } @rows;
print scalar(@sorted), " $sorted[0][1] $sorted[-1][1] $sorted[500][2]{n}\n";
$text = join ",", map { "$_=$count{$_}" } sort keys %count;
my $vowels = () = $text =~ /[aeiou]+(?=[^aeiou])/g;
(my $copy = $text) =~ s/(k\d+)=([a-m]+)/$2:$1/g;
print length($text), " $vowels ", length($copy), " ", unpack("%32C*", $copy), "\n";
my $tree = sub { my ($self, $depth) = @_; $depth ? { l => $self->($self, $depth - 1), r => [1 .. $depth] } :
{} }; my @trees = map { $tree->($tree, 30) } 1 .. 1000; my $out = ''; open my $file, '>', \$out or die $!;
printf $file "%s-%d\n", 'x' x ($_ % 50), $_ for 1 .. 30_000; close $file; print length($out), " ",
scalar(@trees), " ", scalar(split /-/, $out), "\n";
"""

SQL = """
.bail on
PRAGMA journal_mode = WAL;
CREATE TABLE item(id INTEGER PRIMARY KEY, kind TEXT, size INTEGER, note TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
  INSERT INTO item SELECT i, 'kind' || (i * 7919 % 97), i * 31 % 10007, printf('%0*d', i % 120, i) FROM n;
CREATE INDEX by_kind ON item(kind, size);
CREATE TABLE total AS SELECT kind, count(*) AS c, sum(size) AS s, max(length(note)) AS m FROM item GROUP BY
kind; DELETE FROM item WHERE id % 5 = 0; UPDATE item SET note = note || kind WHERE id % 3 = 0; SELECT
count(*), sum(size), sum(length(note)) FROM item; SELECT a.kind, count(*) FROM item a JOIN item b ON a.size
= b.size AND a.id < b.id GROUP BY a.kind ORDER BY 1 LIMIT 20; SELECT group_concat(kind || ':' || c || ':' ||
s || ':' || m) FROM (SELECT * FROM total ORDER BY kind); VACUUM; PRAGMA integrity_check;
"""
