"""The programs: what they need, what they do, and what of it must be the same under every allocator.

A program is a shell script. It runs in an empty folder of its own; $IN names the inputs, $PORT a free port.
What it prints is its result. `look` is a short command that starts each executable once, to see where
malloc binds.
"""

from typing import NamedTuple, Tuple

from . import inputs


class Program(NamedTuple):
    name: str
    needs: Tuple[str, ...]  # executables
    packages: Tuple[str, ...]  # Debian packages that bring them
    look: str
    script: str


def prepare(folder, quick):
    """Writes all inputs to `folder`."""
    many = 1 if quick else 3
    inputs.text(folder / "text", 30)
    inputs.history(folder / "history", 300 * many)
    inputs.c_source(folder / "many.c", 400)
    inputs.makefile(folder / "Makefile", 150 * many)
    inputs.tree(folder / "tree", 200 * many)
    inputs.redis_commands(folder / "commands", 15000 * many)
    (folder / "templates.cc").write_text(inputs.CXX_SOURCE)
    (folder / "work.py").write_text(inputs.PYTHON_SOURCE)
    (folder / "work.pl").write_text(inputs.PERL_SOURCE)
    (folder / "work.sql").write_text(inputs.SQL.replace("{rows}", str(60000 * many)))


PROGRAMS = (
    Program("python3", ("python3",), ("python3",), "python3 -c 'import json'",
            'PYTHONHASHSEED=0 PYTHONMALLOC=malloc python3 "$IN/work.py"'),

    Program("git", ("git",), ("git",), "git version", """
        export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
        git init -q -b main made; cd made
        git fast-import --quiet < "$IN/history"
        git log --stat | sha256sum
        git gc -q; git fsck --full --strict; git count-objects -v | grep -v size
        git checkout -q main; git grep -c slab | sha256sum; git diff --stat t10 t200 | tail -1
        cd ..; git clone -q --no-local made copy; cd copy
        git rev-parse HEAD t100; git ls-files -s | sha256sum"""),

    Program("g++", ("g++",), ("g++",), 'g++ -c -o x.o -x c++ /dev/null', """
        g++ -std=c++17 -O1 -c "$IN/templates.cc" -o t.o
        sha256sum < t.o
        g++ -o t t.o; ./t"""),

    Program("gcc", ("gcc",), ("gcc",), 'gcc -c -o x.o -x c /dev/null', """
        gcc -w -O2 -c "$IN/many.c" -o m.o
        sha256sum < m.o
        gcc -o m m.o; ./m"""),

    Program("perl", ("perl",), ("perl",), "perl -e 1",
            'PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0 perl "$IN/work.pl"'),

    Program("redis", ("redis-server", "redis-benchmark", "redis-cli", "redis-check-rdb"),
            ("redis-server", "redis-tools"),
            "for tool in server cli benchmark; do redis-$tool --version; done; redis-check-rdb none || true", """
        serve() {
            redis-server --bind 127.0.0.1 --port $PORT --dir . --save '' --enable-debug-command local \\
                --loglevel warning >server.log 2>&1 &
            server=$!
            for i in $(seq 100); do
                [ "$(redis-cli -p $PORT ping 2>/dev/null)" = PONG ] && return
                sleep 0.05
            done
            cat server.log >&2; exit 1
        }
        server=
        trap '[ -z "$server" ] || kill $server' EXIT
        serve
        redis-cli -p $PORT --pipe < "$IN/commands" | tail -1
        redis-benchmark -p $PORT -n 20000 -c 20 -d 200 -t set,get,incr,lpush,rpop,sadd,hset -q >bench
        tr '\\r' '\\n' < bench | grep -c 'requests per second, p50'
        redis-cli -p $PORT dbsize; redis-cli -p $PORT debug digest >digest; cat digest
        redis-cli -p $PORT bgsave
        while redis-cli -p $PORT info persistence | grep -q rdb_bgsave_in_progress:1; do sleep 0.05; done
        redis-cli -p $PORT info persistence | grep rdb_last_bgsave_status
        kill $server; wait $server; server=
        redis-check-rdb dump.rdb | grep -o 'RDB looks OK'
        serve; redis-cli -p $PORT debug digest | cmp - digest && echo loaded
        kill $server; wait $server; server="""),

    Program("sort", ("sort",), ("coreutils",), "sort /dev/null", """
        sort --parallel=2 -S 48M "$IN/text" | sha256sum
        sort -k3,3 -k1,1n -u -S 200M "$IN/text" | sha256sum"""),

    Program("sqlite3", ("sqlite3",), ("sqlite3",), "sqlite3 :memory: 'select 1'", """
        sqlite3 :memory: < "$IN/work.sql" | tail -n +2
        sqlite3 file.db < "$IN/work.sql"
        sqlite3 file.db .dump | sha256sum
        sqlite3 file.db 'PRAGMA integrity_check' 'PRAGMA foreign_key_check'"""),

    Program("make", ("make",), ("make",), "make --version", """
        make -s -j2 -f "$IN/Makefile" | sha256sum
        make -s -n -B -f "$IN/Makefile" | sort | sha256sum"""),

    Program("tar", ("tar", "gzip", "xz"), ("tar", "gzip", "xz-utils"),
            "tar --version; gzip --version; xz --version", """
        cp -r "$IN/tree" tree
        tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf t.tar tree
        gzip -n9 < t.tar > t.gz; sha256sum < t.gz; gzip -dc t.gz | cmp - t.tar
        xz -T2 --block-size=512KiB -c t.tar > t.xz; sha256sum < t.xz; xz -T2 -dc t.xz | cmp - t.tar
        mkdir out; tar -xJf t.xz -C out; diff -r tree out/tree && echo same"""),

    Program("awk", ("awk",), ("mawk",), "awk 1 /dev/null", """
        awk '{ n[$2 " " $3]++; last[$2] = last[$2] substr($4, 1, 2); if (length(last[$2]) > 5000) last[$2] = "" }
             NR % 3 == 0 { split($4, part, /[aeiou0]+/); for (i in part) seen[part[i]] += length(part[i]) }
             NR % 1000 == 0 { delete seen }
             END { for (k in n) print k, n[k]; for (k in last) print k, length(last[k]) }' "$IN/text" |
            LC_ALL=C sort | sha256sum"""),
)
