"""jemalloc's integration tests of the standard interface, with its test header replaced."""

from .suite import SHIMS, Suite, Test, by_lines, compile_programs, program

NAMES = ("aligned_alloc", "malloc", "overflow", "posix_memalign")
READ = by_lines(r"^\w+: pass$", r"^(\w+): fail$")

LEFT_OUT = {
    "MALLOCX_ARENA, mallocx, rallocx, sdallocx, smallocx, xallocx": "functions of jemalloc's own",
    "allocated, extent, slab_sizes, thread_arena, thread_tcache_enabled": "mallctl, that is jemalloc's insides",
    "cpp/infallible_new_*": "a setting of jemalloc",
    "unit": "jemalloc's insides",
}


def build(shop, tree):
    source = tree / "test" / "integration"
    flags = ["-O1", "-g", "-w", "-fno-builtin", "-I", SHIMS / "jemalloc"]
    compile_programs(shop, "gcc", [*flags, "-std=gnu11"], {name: [source / f"{name}.c"] for name in NAMES})
    compile_programs(shop, "g++", flags, {"basic": [source / "cpp" / "basic.cpp"]})


def tests(tree):
    return [Test(name, (program(tree, name),), read=READ) for name in (*NAMES, "basic")]


SUITE = Suite("jemalloc", "jemalloc", ("gcc", "g++"), ("gcc", "g++"), build, tests,
              lambda tree: [program(tree, "aligned_alloc"), program(tree, "basic")], LEFT_OUT)
