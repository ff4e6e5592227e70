"""glibc's own tests of malloc and of what leans on it, built against the installed libc."""

import shutil

from .suite import SHIMS, Suite, Test, compile_programs, edited, program

# Folder: tests. Each is a program with a driver that c-tests/suites/glibc/support.c stands in for.
TESTS = {
    "malloc": """mallocbug tst-calloc tst-free-errno tst-mallinfo2 tst-malloc
        tst-malloc-fork-deadlock tst-malloc-stats-cancellation tst-malloc-tcache-leak tst-malloc-thread-exit
        tst-malloc-thread-fail tst-malloc-too-large tst-malloc_info tst-mallocalign1 tst-mallocfork tst-mallocfork2
        tst-mallocfork3 tst-mallopt tst-memalign tst-obstack tst-posix_memalign tst-pvalloc tst-pvalloc-fortify
        tst-realloc tst-reallocarray tst-tcfree1 tst-tcfree2 tst-tcfree3 tst-trim1 tst-valloc""",
}

LEFT_OUT = {
    "tst-malloc-backtrace": "overwrites glibc's header in front of a block and waits for glibc's abort",
    "tst-malloc-check": "checks what MALLOC_CHECK_ does",
    "tst-malloc-usable, tst-malloc-usable-tunables": "the exact usable size under MALLOC_CHECK_",
    "tst-mxfast": "fast bins, by a tunable",
    "tst-safe-linking": "how glibc hides the links of its own free lists",
    "tst-mallocstate, tst-compathooks-off, tst-compathooks-on": "malloc_set_state and hooks for old binaries",
    "tst-mtrace": "mtrace",
    "tst-interpose-*": "bring a malloc of their own in the executable",
    "tst-alloc_buffer, tst-scratch_buffer, tst-dynarray*": "functions inside libc that it does not export",
    "variants -mcheck, -malloc-check, -hugetlb1, -hugetlb2": "the same sources on glibc's own debug modes",
}

# posix_memalign may leave errno alone; this test looks only there.
ERRNO = (r"if \(posix_memalign \(&p, alignment, allocation_size\)\)",
         "if ((errno = posix_memalign (&p, alignment, allocation_size)) != 0)")
# The report's words are glibc's; it is complete if the last lines are there, whoever's they are.
WORDS = (r'if \(!strstr \(obuf, "max mmap bytes"\)\)',
         'if (!strstr (obuf, "max mmap bytes") && !strstr (obuf, "size class"))')
EDITS = {"tst-malloc-thread-fail": [ERRNO], "tst-malloc-stats-cancellation": [WORDS]}

# glibc's own headers that the tests ask for and that say nothing of its insides.
HEADERS = ("include/libc-diag.h", "include/array_length.h", "sysdeps/generic/malloc-size.h",
           "sysdeps/generic/malloc-alignment.h")


def _names():
    return [(folder, name) for folder, names in TESTS.items() for name in names.split()]


def build(shop, tree):
    include = shop.folder / "include"
    include.mkdir(exist_ok=True)
    for header in HEADERS:
        shutil.copy(tree / header, include)
    shutil.copytree(tree / "support", include / "support", dirs_exist_ok=True)
    flags = ["-std=gnu11", "-O1", "-g", "-w", "-D_GNU_SOURCE", '-DOBJPFX=""', "-I", include]
    support = shop.folder / "support.o"
    shop.run("gcc", *flags, "-c", "-o", support, SHIMS / "glibc" / "support.c")
    for folder, name in _names():
        source = tree / folder / f"{name}.c"
        if name in EDITS:
            source = edited(shop, tree, f"{folder}/{name}.c", *EDITS[name])
        compile_programs(shop, "gcc", [*flags, "-I", tree / folder, "-iquote", tree / folder],
                         {name: [source, support]})


def tests(tree):
    return [Test(name, (program(tree, name),), seconds=150) for _, name in _names()]


SUITE = Suite("glibc", "glibc", ("gcc",), ("gcc", "libc6-dev"), build, tests,
              lambda tree: [program(tree, "tst-malloc"), program(tree, "tst-memalign")], LEFT_OUT, quick=True)
