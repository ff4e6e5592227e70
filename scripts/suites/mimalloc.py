"""mimalloc's tests of its interface, with that interface put on the standard one, and its stress test."""

from .suite import SHIMS, Suite, Test, by_lines, compile_programs, edited, program

# A test tells of a failure on a line of its own.
READ = by_lines(r"ok\.$", r"^  FAILED: (\S+):", statuses=(0, 1, 2, 3, 4))

# Offsets of the alignment, and reallocation that zeroes what is new, have no counterpart in the standard interface.
CUT = (r'^  CHECK_BODY\("(?:malloc-aligned-at\d|zeroinit-rec?z?alloc[^"]*)"\) \{\n(?:    .*\n)*  \};?\n', "")

LEFT_OUT = {
    "malloc-aligned-at1, malloc-aligned-at2 of test-api": "an offset in the alignment has no standard counterpart",
    "zeroinit-rezalloc*, zeroinit-recalloc* of test-api-fill": "realloc that zeroes has none either",
    "uninit-*, fill-* of test-api-fill": "debug mode of mimalloc",
    "main, main-override*, test-wrong": "mimalloc's interface, or misuse on purpose",
}


def build(shop, tree):
    flags = ["-O1", "-g", "-w", "-fno-builtin", "-I", SHIMS / "mimalloc", "-I", tree / "test"]
    for name in ("test-api", "test-api-fill"):
        compile_programs(shop, "gcc", flags, {name: [edited(shop, tree, f"test/{name}.c", CUT)]})
    compile_programs(shop, "gcc", [*flags, "-DUSE_STD_MALLOC"], {"test-stress": [tree / "test" / "test-stress.c"]})


def tests(tree):
    return [Test("test-api", (program(tree, "test-api"),), read=READ),
            Test("test-api-fill", (program(tree, "test-api-fill"),), read=READ),
            Test("test-stress", (program(tree, "test-stress"), "16", "25", "40")),
            Test("test-stress-heavy", (program(tree, "test-stress"), "4", "100", "20"))]


SUITE = Suite("mimalloc", "mimalloc", ("gcc",), ("gcc",), build, tests,
              lambda tree: [program(tree, "test-api"), program(tree, "test-stress")], LEFT_OUT)
