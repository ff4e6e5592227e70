"""Tcl's own suite, a test for each of its files. Built without Tcl's allocator for threads, so that every block is
malloc's."""

from .suite import Suite, Test, by_lines

LEFT_OUT = {
    "http, http11, httpold, httpPipeline, socket": "wait for networks and take minutes",
    "clock": "a minute of the same few calls",
    "win*, macOSX*, dde, registry": "other systems",
}
WITHOUT = ("http", "socket", "clock", "win", "macOSX", "dde", "registry")

READ = by_lines(r"\+\+\+\+ \S+ PASSED", r"^==== (\S+) .*FAILED$")


def build(shop, tree):
    folder = tree / "unix"
    shop.run("sh", "./configure", "--enable-threads", "--disable-shared", cwd=folder, CFLAGS="-O1 -g -DPURIFY")
    shop.run("make", "-j2", "tcltest", cwd=folder)


def tests(tree):
    library = {"TCL_LIBRARY": str(tree / "library")}
    return [Test(path.stem, (tree / "unix" / "tcltest", path, "-verbose", "bps"), environment=library, read=READ)
            for path in sorted((tree / "tests").glob("*.test")) if not path.stem.startswith(WITHOUT)]


SUITE = Suite("tcl", "tcl8.6", ("gcc", "make"), ("gcc", "make"), build, tests,
              lambda tree: [tree / "unix" / "tcltest"], LEFT_OUT)
