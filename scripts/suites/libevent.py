"""libevent's regression tests, a test for each group."""

import shutil

from .suite import Suite, Test, by_lines, edited

GROUPS = """main signal util et bufferevent evbuffer dns evtag rpc http thread listener finalize heap""".split()
READ = by_lines(r"OK$", r"^  \[(\S+) FAILED\]")

# The test of locks keeps each lock it ever made in a list, and asks the list by address from the front: it fails
# where malloc hands a freed lock's memory out again at once. Asked from the end, it finds the living one.
NEWEST = (r"for \(i = 0; i < lu_base\.nr_locks; \+\+i\) \{", "for (i = lu_base.nr_locks; i-- > 0;) {")
LOCKS = "test/regress_bufferevent.c"

LEFT_OUT = {"ssl": "OpenSSL, which is not asked for", "iocp": "another system"}


def build(shop, tree):
    shutil.copyfile(edited(shop, tree, LOCKS, NEWEST), tree / LOCKS)
    # A patch of the package touches Makefile.am; what is made of it must not look stale, or make asks for automake.
    for made in ("aclocal.m4", "configure", "config.h.in", "Makefile.in"):
        (tree / made).touch()
    shop.run("sh", "./configure", "--disable-shared", "--disable-openssl", "--disable-samples", cwd=tree,
             CFLAGS="-O1 -g")
    shop.run("make", "-j2", cwd=tree)
    shop.run("make", "-j2", "test/regress", cwd=tree)


def tests(tree):
    return [Test(group, (tree / "test" / "regress", f"{group}/.."), seconds=240, read=READ)
            for group in GROUPS]


SUITE = Suite("libevent", "libevent", ("gcc", "make"), ("gcc", "make"), build, tests,
              lambda tree: [tree / "test" / "regress"], LEFT_OUT, jobs=1)
