"""Redis' own suite, a test for each of its units: each starts servers of its own on loopback. The source is built
with the C library's malloc instead of jemalloc."""

from .suite import Suite, Test, by_lines

UNITS = """unit/printver unit/dump unit/auth unit/protocol unit/keyspace unit/scan unit/info unit/info-command
    unit/type/string unit/type/incr unit/type/list unit/type/list-2 unit/type/list-3 unit/type/set unit/type/zset
    unit/type/hash unit/type/stream unit/type/stream-cgroups unit/sort unit/expire unit/multi unit/quit unit/acl
    unit/acl-v2 unit/pubsub unit/pubsubshard unit/slowlog unit/scripting unit/functions unit/introspection
    unit/introspection-2 unit/limits unit/bitops unit/bitfield unit/geo unit/hyperloglog unit/lazyfree unit/pause
    unit/querybuf unit/pendingquerybuf unit/tracking unit/networking unit/replybufsize unit/maxmemory
    unit/memefficiency unit/client-eviction unit/obuf-limits unit/other unit/shutdown unit/violations
    unit/cluster-scripting integration/rdb integration/aof integration/dismiss-mem integration/corrupt-dump
    integration/redis-cli integration/redis-benchmark integration/logging
    integration/convert-zipmap-hash-on-load integration/convert-ziplist-hash-on-load
    integration/convert-ziplist-zset-on-load""".split()

LEFT_OUT = {
    "active defragmentation, in unit/memefficiency": "jemalloc's; the suite itself skips it",
    "replication, failover, sentinel, cluster": "minutes of waiting between servers",
    "corrupt-dump-fuzzer": "random, another input each time",
    "unit/aofrw, unit/latency-monitor, unit/wait": "wait for timers",
    "tls, oom-score-adj": "ask for certificates and for another machine's rights",
    "moduleapi": "modules that must be built",
}

# An assertion that fails is told of as [err], an error of the suite's own script as [exception].
READ = by_lines(r"^\S*\[ok\]", r"^\S*\[(?:err|exception)\S*: (.*?)(?: in tests/.*)?$")
FIRST_PORT, PORTS = 21111, 100


def build(shop, tree):
    shop.run("make", "-j2", "MALLOC=libc", "USE_SYSTEMD=no", "BUILD_TLS=no", "OPTIMIZATION=-O1", cwd=tree)


def tests(tree):
    return [Test(unit, ("sh", "./runtest", "--single", unit, "--clients", "1", "--baseport",
                        str(FIRST_PORT + PORTS * n), "--portcount", str(PORTS), "--no-latency", "--durable"),
                 cwd=tree, environment={"TERM": "dumb"}, seconds=300, read=READ)
            for n, unit in enumerate(UNITS)]


SUITE = Suite("redis", "redis", ("gcc", "make", "tclsh"), ("gcc", "make", "tcl"), build, tests,
              lambda tree: [tree / "src" / name for name in ("redis-server", "redis-cli", "redis-benchmark")],
              LEFT_OUT, jobs=1)
