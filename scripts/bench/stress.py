"""The stress programs of c-tests/bench as workloads: each shows one way in which programs use malloc."""

from figures import launch
from figures.allocators import ROOT

from .workload import Sample, Workload

SOURCES = ROOT / "c-tests" / "bench"
BUILT = ROOT / "build" / "bench"
FLAGS = ["-O2", "-g", "-fno-builtin-malloc", "-Wall", "-Wextra", "-Werror", "-pthread"]
COMPILERS = {".c": ["gcc", "-std=gnu17", *FLAGS], ".cc": ["g++", "-std=gnu++20", *FLAGS]}


def build():
    """The stress programs, and the launcher."""
    launch.build()
    launch.compile_stale(SOURCES / "bench.h", BUILT, COMPILERS)


def stress(name, title, program, mode="", threads=1, **more):
    """A workload that runs `PROGRAM SCALE THREADS [MODE]`."""

    def run(context):
        command = [BUILT / program, repr(context.scale), threads, *mode.split()]
        done = launch.run(command, context.settings, seconds=context.seconds, cwd=context.scratch)
        fate = "" if done.ok else f"{done.fate} {done.err.decode(errors='replace').strip()[-200:]}".strip()
        return Sample(done.wall, done.cpu, done.peak_mb, done.faults, done.busy, fate)

    compilers = ("gcc", "g++")
    return Workload(name, "stress", title, run, threads=threads, needs=compilers, packages=compilers, **more)


STRESS = (
    stress("larson-1", "a server of short-lived threads, 16 to 512 bytes", "larson", "small"),
    stress("larson-2", "the same in two chains of threads", "larson", "small", 2, quick=True),
    stress("larson-wide-2", "the same with sizes up to 32 KiB", "larson", "wide", 2),
    stress("xmalloc-2", "producer and consumer, 64 bytes", "xmalloc", "one", 2, quick=True),
    stress("xmalloc-mixed-2", "producer and consumer, 16 bytes to 8 KiB", "xmalloc", "mixed", 2),
    stress("xmalloc-mixed-4", "two producers and two consumers, 16 bytes to 8 KiB", "xmalloc", "mixed", 4),
    stress("turnover-2", "phases of two threads, some objects survive", "turnover", "", 2, warm_mb=60),
    stress("turnover-8", "phases of eight threads, some objects survive", "turnover", "", 8, warm_mb=60),
    stress("lifetimes-1", "Pareto sizes, random lifetimes", "lifetimes", "", quick=True),
    stress("lifetimes-2", "the same in two threads that hand blocks over", "lifetimes", "", 2, warm_mb=60),
    stress("lifo-1", "batches, the last block freed first", "orders", "lifo"),
    stress("reverse-1", "batches, the first block freed first", "orders", "reverse"),
    stress("orders-2", "batches, freed in both orders, in two threads", "orders", "both", 2),
    stress("orders-cross-2", "the same, half freed by the other thread", "orders", "cross", 2, quick=True),
    stress("sharing-active-2", "small blocks written by two threads", "sharing", "active", 2),
    stress("sharing-passive-2", "the same, blocks passed on first", "sharing", "passive", 2),
    stress("one-1", "batches of one size", "loops", "one"),
    stress("one-2", "the same in two threads", "loops", "one", 2),
    stress("mixed-1", "random slots, 16 bytes to 32 KiB", "loops", "mixed", quick=True),
    stress("mixed-2", "the same in two threads", "loops", "mixed", 2),
    stress("buffers-1", "random slots, 4 to 512 KiB", "loops", "buffers", warm_mb=70),
    stress("buffers-2", "the same in two threads", "loops", "buffers", 2, warm_mb=150),
    stress("large-1", "blocks of 1 to 16 MiB", "large", "", warm_mb=350, quick=True),
    stress("large-2", "the same in two threads", "large", "", 2, warm_mb=570),
    stress("calloc-1", "zeroed blocks, 32 bytes to 1 MiB", "zeroed", "", warm_mb=70),
    stress("calloc-2", "the same in two threads", "zeroed", "", 2, warm_mb=120),
    stress("grow-1", "one buffer grown to 32 MiB by realloc", "grow", "one", warm_mb=130),
    stress("grow-two-1", "two buffers grown in turns", "grow", "two", warm_mb=200),
    stress("grow-texts-1", "hundreds of short texts grown by some characters", "grow", "texts"),
    stress("threads-short", "30,000 threads one after the other", "threads", "short"),
    stress("threads-short-2", "30,000 threads, two at a time", "threads", "short", 2),
    stress("threads-live", "2,000 live threads, woken in turns", "threads", "live", warm_mb=2400, seconds=30),
    stress("aligned-1", "aligned blocks", "aligned", ""),
    stress("aligned-2", "the same in two threads", "aligned", "", 2),
    stress("drift-1", "48 MiB live while the sizes drift", "drift", "", warm_mb=220, quick=True),
    stress("burst-1", "bursts of 100 MiB and rests", "burst", "", warm_mb=170),
    stress("requests-1", "a web server's requests", "requests", ""),
    stress("requests-2", "the same in two threads that pass requests on", "requests", "", 2, quick=True),
    stress("compiler-1", "tokens, trees and instructions of a compiler", "compiler", ""),
    stress("compiler-2", "two such compilers in one program", "compiler", "", 2, warm_mb=60),
    stress("cache-1", "a cache of 48 MiB, entries of random sizes", "cache", "", warm_mb=80),
    stress("cache-2", "the same shared by two threads", "cache", "", 2, warm_mb=90),
    stress("tree-1", "std::map from string to string", "containers", "tree", quick=True),
    stress("hash-1", "std::unordered_map from string to vectors", "containers", "hash"),
    stress("hash-2", "the same in two threads", "containers", "hash", 2, quick=True),
    stress("strings-1", "a vector of strings, sorted", "containers", "strings"),
    stress("lists-2", "lists and queues of strings in two threads", "containers", "lists", 2),
)
