"""gperftools' tests of malloc that need nothing of its own but logging."""

from .suite import SHIMS, Suite, Test, compile_programs, program

NAMES = ("realloc_unittest", "memalign_unittest", "large_heap_fragmentation_unittest", "tcmalloc_large_unittest",
         "thread_dealloc_unittest")

LEFT_OUT = {
    "tcmalloc_unittest": "hooks, ranges, limits and release rates of tcmalloc",
    "markidle_unittest, frag_unittest, malloc_extension_test, malloc_hook_test, current_allocated_bytes_test,"
    " sampling_test, debugallocation_test": "interfaces of tcmalloc",
    "heap-checker, heap-profiler, profiler": "other tools",
    "the rest": "parts of tcmalloc: page heap, page map, address map, packed cache, system allocator, sampler",
}


def build(shop, tree):
    sources = tree / "src"
    flags = ["-O1", "-g", "-w", "-fno-builtin", "-fpermissive", "-I", SHIMS / "gperftools", "-I", sources,
             "-iquote", SHIMS / "gperftools"]
    more = [sources / "tests" / "testutil.cc", SHIMS / "gperftools" / "flags.cc"]
    compile_programs(shop, "g++", flags, {name: [sources / "tests" / f"{name}.cc", *more] for name in NAMES})


def tests(tree):
    return [Test(name, (program(tree, name),)) for name in NAMES]


SUITE = Suite("gperftools", "google-perftools", ("g++",), ("g++",), build, tests,
              lambda tree: [program(tree, "realloc_unittest")], LEFT_OUT)
