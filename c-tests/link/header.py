"""include/pigalloc.h compiles in every standard it promises, alone and beside the C library's own prototypes, in
any order, so that a prototype that differs from libc's does not compile."""
# cases: c99 c11 c17 gnu17 c++11 c++17 c++20 gnu++20
import pathlib
import subprocess
import sys

include = pathlib.Path(__file__).resolve().parent.parent.parent / "include"
standard = sys.argv[1]
compiler, language = ("g++", "c++") if "+" in standard else ("gcc", "c")

if not (include / "pigalloc.h").exists():
    print("include/pigalloc.h is not there", file=sys.stderr)
    sys.exit(77)

orders = (["pigalloc.h"], ["stdlib.h", "malloc.h", "pigalloc.h"], ["pigalloc.h", "stdlib.h", "malloc.h"],
          ["pigalloc.h", "pigalloc.h"])
for order in orders:
    for defines in ([], ["-D_GNU_SOURCE"], ["-O2", "-D_FORTIFY_SOURCE=2"]):
        source = "".join(f"#include <{name}>\n" for name in order)
        source += "int main(void) { void *block = malloc(3); free(block); return pig_is_ours(block); }\n"
        command = [compiler, f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wno-use-after-free",
                   *defines, f"-I{include}", "-x", language, "-fsyntax-only", "-"]
        ended = subprocess.run(command, input=source, text=True, capture_output=True)
        if ended.returncode != 0:
            print(" ".join(order + defines), ended.stderr, file=sys.stderr)
            sys.exit(ended.stderr.splitlines()[1] if len(ended.stderr.splitlines()) > 1 else 1)
