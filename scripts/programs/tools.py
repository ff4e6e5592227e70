"""Command line tools: version control, databases, archives, editors, solvers, debuggers."""

from .program import maker

tool = maker("tool")

# For a look: a program as debuggers get them.
EMPTY = "echo 'int main() {}' >x.cc; g++ -o x x.cc; ./x"

# What debuggers look at.
TRACED = r"""
        cat >traced.cc <<'END'
#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <vector>
struct Node { int value; Node *next; };
static void stop(Node *list, std::map<std::string, int> &map, std::vector<int> &row) { fflush(stdout); }
int main() {
    std::map<std::string, int> map;
    std::vector<int> row;
    Node *list = nullptr;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; i++)
        threads.emplace_back([i] {
            std::vector<std::string> strings;
            for (int k = 0; k < 2000; k++)
                strings.emplace_back(k % 60, 'a' + i);
        });
    for (auto &thread : threads)
        thread.join();
    for (int i = 0; i < 20; i++) {
        map["key" + std::to_string(i * 7 % 11)] = i;
        row.push_back(i * i);
        list = new Node{i, list};
        if (i % 5 == 0)
            stop(list, map, row);
    }
    while (list != nullptr) {
        Node *next = list->next;
        delete list;
        list = next;
    }
    std::printf("%zu %zu\n", map.size(), row.size());
}
END
        g++ -g -O0 -pthread -o traced traced.cc
"""

PROGRAMS = (
    tool("git", "git", "git", "git version", """
        export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
        git init -q -b main made; cd made
        git fast-import --quiet < "$IN/history"
        git log --stat | sha256sum
        git gc -q; git fsck --full --strict; git count-objects -v | grep -v size
        git checkout -q main; git grep -c slab | sha256sum; git diff --stat t10 t200 | tail -1
        cd ..; git clone -q --no-local made copy; cd copy
        git rev-parse HEAD t100; git ls-files -s | sha256sum""", quick=True),

    tool("sqlite3", "sqlite3", "sqlite3", "sqlite3 :memory: 'select 1'", """
        { echo "CREATE TABLE rows(n); INSERT INTO rows VALUES($((60000 * MANY)));"; cat "$WORK/work.sql"; } >work.sql
        sqlite3 :memory: < work.sql | tail -n +2
        sqlite3 file.db < work.sql
        sqlite3 file.db .dump | sha256sum
        sqlite3 file.db 'PRAGMA integrity_check' 'PRAGMA foreign_key_check'""", quick=True),

    tool("sort", "sort", "coreutils", "sort /dev/null", """
        sort --parallel=2 -S 100M "$IN/big" | sha256sum
        sort -k3,3 -k1,1n -u -S 200M "$IN/text" | sha256sum""", quick=True),

    tool("tar", "tar gzip", "tar gzip", "tar --version; gzip --version", """
        cp -r "$IN/tree" tree
        tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf t.tar tree
        gzip -n9 < t.tar > t.gz; sha256sum < t.gz; gzip -dc t.gz | cmp - t.tar
        mkdir out; tar -xzf t.gz -C out; diff -r tree out/tree && echo same""", quick=True),

    tool("xz", "xz", "xz-utils", "xz --version", """
        head -c $((3000000 * MANY)) "$IN/text" >t
        xz -T2 -2 --block-size=1MiB -c t > t.xz; sha256sum < t.xz; xz -T2 -dc t.xz | cmp - t && echo same
        """, quick=True),

    tool("zstd", "zstd", "zstd", "zstd --version", """
        for level in 1 9; do zstd -q -T2 -$level -c "$IN/text" >t.zst; sha256sum <t.zst; done
        zstd -q -dc t.zst | cmp - "$IN/text" && echo same
        find "$IN/tree" -type f | sort | xargs zstd -q --train -o dictionary --maxdict=20000
        find "$IN/tree" -type f | sort | xargs cat | zstd -q -D dictionary -T2 | sha256sum"""),

    tool("awk", "awk", "mawk", "awk 1 /dev/null", """
        awk '{ n[$2 " " $3]++; last[$2] = last[$2] substr($4, 1, 2); if (length(last[$2]) > 5000) last[$2] = "" }
             NR % 3 == 0 { split($4, part, /[aeiou0]+/); for (i in part) seen[part[i]] += length(part[i]) }
             NR % 1000 == 0 { delete seen }
             END { for (k in n) print k, n[k]; for (k in last) print k, length(last[k]) }' "$IN/text" |
            LC_ALL=C sort | sha256sum""", quick=True),

    tool("openssl", "openssl", "openssl", "openssl version", r"""
        openssl enc -aes-256-cbc -pbkdf2 -S 0011223344556677 -k word -in "$IN/text" | sha256sum
        openssl dgst -sha3-512 "$IN/text" | sed 's/.*= //'
        for algorithm in 'RSA -pkeyopt rsa_keygen_bits:2048' 'EC -pkeyopt ec_paramgen_curve:P-256' ED25519; do
            openssl genpkey -algorithm $algorithm -out key 2>/dev/null
            openssl req -x509 -new -key key -subj /CN=localhost -days 9 -out cert
            openssl verify -CAfile cert cert
            openssl pkey -in key -pubout -out public
            head -c 1000 "$IN/text" >message
            openssl pkeyutl -sign -inkey key -rawin -in message -out signature
            openssl pkeyutl -verify -pubin -inkey public -rawin -in message -sigfile signature
            echo word | openssl s_server -accept 127.0.0.1:$PORT -cert cert -key key -quiet -www >server.log 2>&1 &
            server=$!
            until_ready openssl s_client -connect 127.0.0.1:$PORT -CAfile cert -verify_return_error </dev/null
            for i in 1 2 3 4 5; do
                openssl s_client -connect 127.0.0.1:$PORT -CAfile cert -brief </dev/null 2>&1 | grep Verif
            done
            stop TERM 143
        done"""),

    tool("z3", "z3", "z3", "z3 --version", 'z3 "$IN/problems.smt2" | cksum'),

    tool("vim", "vim", "vim", "vim --version", """
        vim -u NONE -i NONE -n -es -S "$WORK/work.vim" <>/dev/null || exit 1
        sha256sum <made; wc -l <made"""),

    tool("emacs", "emacs", "emacs-nox", "emacs -Q --batch", """
        head -c 2000000 "$IN/text" >text
        emacs -Q --batch -l "$WORK/work.el" """),

    tool("tmux", "tmux", "tmux", "tmux -V", r"""
        unset TMUX; export TERM=xterm
        term() { tmux -N -S "$PWD/socket" -f /dev/null "$@"; }
        tmux -D -S "$PWD/socket" -f /dev/null >server.log 2>&1 &
        server=$!
        until_ready term new-session -d -s main -x 120 -y 40 "PS1='> ' ENV= sh"
        term set -g history-limit 50000
        cat >colours <<'END'
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "\033[3%dm%d\033[0m ", i % 8, i }'
END
        for n in 1 2 3 4 5 6; do
            term new-window -d -t main:$n "seq $n 20000; . ./colours; echo; echo done; sleep 100"
            term split-window -d -t main:$n "seq 1 3000; echo done; sleep 100"
        done
        for n in 1 2 3 4 5 6; do for pane in 0 1; do
            for i in $(seq 200); do term capture-pane -p -t main:$n.$pane | grep -q '^done' && break; sleep 0.05; done
            term resize-window -t main:$n -x 90 -y 30; term resize-window -t main:$n -x 120 -y 40
            term capture-pane -p -e -J -S - -t main:$n.$pane | cksum
        done; done
        for i in $(seq 50); do term set-buffer -b b$i "$(seq $i 300)"; done
        term show-buffer -b b7 | cksum; term list-panes -a -F '#{window_index}.#{pane_index} #{pane_width}' | cksum
        term kill-server; wait $server; server="""),

    tool("gdb", "gdb g++", "gdb g++", "gdb --version; " + EMPTY, TRACED + r"""
        cat >commands <<'END'
set width 0
set print thread-events off
set debuginfod enabled off
break stop
run
commands 1
silent
bt
print map
print row
print *list
end
continue
continue
python print(sum(int(gdb.parse_and_eval("row")["_M_impl"]["_M_start"][i]) for i in range(5)))
print ((char *(*)(const char *))strdup)("made in the program")
info types Node
info threads
continue
continue
END
        gdb -q -nx -batch -x commands ./traced 2>&1 | sed -E 's/0x[0-9a-f]+|LWP [0-9]+|process [0-9]+/?/g' |
            grep -E '^(#|\$|[0-9 ]+$|Thread|Breakpoint|\[Inferior)' """, shows="gdb x"),

    tool("strace", "strace g++", "strace g++", "strace -o x true; " + EMPTY, TRACED + r"""
        strace -f -o log ./traced
        grep -c 'write(1' log; grep -cE 'clone3?\(.*CLONE_VM' log; grep -c '+++ exited with 0 +++' log
        strace -f -e trace=execve -o log sh -c 'for i in $(seq 40); do ls / >/dev/null; done'
        grep -c 'execve(' log; strace -c -f -o log ./traced; grep -c total log""", shows="strace x"),

    # memcheck puts its own malloc in the place of the program's, told not to it watches the allocator's, and
    # the tools without a malloc always run the allocator's.
    tool("valgrind", "valgrind g++", "valgrind libc6-dbg g++", "valgrind --version; " + EMPTY, TRACED + r"""
        valgrind -q --error-exitcode=9 --leak-check=full ./traced
        valgrind -q --error-exitcode=9 --undef-value-errors=no --soname-synonyms=somalloc=nouserintercepts ./traced
        valgrind -q --tool=none ./traced
        valgrind -q --tool=callgrind --callgrind-out-file=out ./traced 2>/dev/null; grep -c '^totals' out
        """, shows="x", note="memcheck replaces malloc (pigalloc is loaded beside it); with nouserintercepts, and in "
                             "the tools none and callgrind, pigalloc's malloc runs"),
)
