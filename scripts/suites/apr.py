"""The suite of the Apache Portable Runtime, a test for each of its parts."""

from .suite import Suite, Test

PARTS = """testatomic testargs testcond testdir testdso testdup testencode testenv testescape testfile testfilecopy
    testfileinfo testflock testfmt testfnmatch testglobalmutex testhash testipsub testlfs testlock testmmap testnames
    testoc testpath testpipe testpoll testpools testproc testprocmutex testrand testshm testskiplist testsleep
    testsock testsockets testsockopt teststr teststrnatcmp testtable testtemp testthread testtime testud testuser
    testvsn""".split()


def build(shop, tree):
    shop.run("sh", "./configure", "--disable-shared", cwd=tree, CFLAGS="-O1 -g")
    shop.run("make", "-j2", cwd=tree)
    shop.run("make", "-j2", "all", cwd=tree / "test")


def tests(tree):
    folder = tree / "test"
    return [Test(part, (folder / "testall", part), cwd=folder) for part in PARTS]


# One after the other: the parts share files and ports.
SUITE = Suite("apr", "apr", ("gcc", "make"), ("gcc", "make"), build, tests, lambda tree: [tree / "test" / "testall"],
              {}, jobs=1)
