"""zlib's test programs, and its tool as a filter in both directions."""

from .suite import Suite, Test

ROUND_TRIP = """
    seq 1 200000 > in; cat "$TREE"/*.c >> in
    for level in 1 6 9; do "$TREE/minigzip" -$level < in > packed; "$TREE/minigzip" -d < packed | cmp - in; done"""


def build(shop, tree):
    shop.run("sh", "./configure", "--static", cwd=tree, CFLAGS="-O1 -g")
    shop.run("make", "-j2", "example", "minigzip", "example64", "minigzip64", cwd=tree)
    shop.run("gcc", "-O1", "-g", "-w", "-I", tree, "-o", tree / "infcover", tree / "test" / "infcover.c",
             tree / "libz.a", cwd=tree)


def tests(tree):
    return [Test("example", (tree / "example",)), Test("example64", (tree / "example64",)),
            Test("infcover", (tree / "infcover",)),
            Test("minigzip", ("sh", "-euc", ROUND_TRIP), environment={"TREE": str(tree)})]


SUITE = Suite("zlib", "zlib", ("gcc", "make"), ("gcc", "make"), build, tests,
              lambda tree: [tree / "example", tree / "minigzip", tree / "infcover"], {}, quick=True)
