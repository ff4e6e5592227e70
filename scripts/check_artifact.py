#!/usr/bin/env python3
"""Proves on the shipped objects what the sources promise; needs readelf and nm.

The shared object: soname; needs libc alone; no text relocations, no executable stack; everything bound at
load; never unloaded; thread-local storage initial-exec and at most 16 bytes; exports exactly
scripts/exports.txt; imports nothing outside scripts/imports.txt, and nothing that allocates, unwinds or finds
thread-local storage by a call; size; no mapping for zeroed data, and no holes. The static archive: defines the same
names but C++'s and dlopen, and no other that a program could collide with.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "scripts"
LARGEST = 200 * 1024
LARGEST_TLS = 16
PAGE = 4096
# A front begins with the tops of its magazines, at the start of a page: one of eight bytes for each size class, of which
# there are 72, and for none (the magazine module); and a word more.
TOPS = 74 * 8
# Beside C++'s operators.
SHARED_ALONE = {"dlopen"}
ALLOWED_NEEDED = {"libc.so.6", "ld-linux-x86-64.so.2"}
# An import of these would call back into the allocator, or into code that allocates.
FORBIDDEN = re.compile(
    r"(__libc_)?(malloc|calloc|realloc|reallocarray|c?free|memalign|valloc|pvalloc)$"
    r"|aligned_alloc$|posix_memalign$"
    r"|malloc_.*|mallinfo2?$|mallopt$|__tls_get_addr$|_Unwind_.*|rust_eh_personality$|_Zn.*|_Zd.*"
)


def output(*command):
    environment = {**os.environ, "LC_ALL": "C"}
    environment.pop("LD_PRELOAD", None)
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    if result.returncode:
        sys.exit(f"artifact: {' '.join(map(str, command))}: {result.stderr.strip()}")
    return result.stdout


def listed(file):
    """The names of a list file: one a line, comments begin with a hash sign."""
    lines = (line.split("#")[0].strip() for line in file.read_text().splitlines())
    return {line for line in lines if line}


class SharedObject:
    """What readelf and nm say about a shared object."""

    def __init__(self, path):
        self.path = path
        self.size = path.stat().st_size
        self.dynamic = {}
        for tag, value in re.findall(r"^ 0x[0-9a-f]+ \((\w+)\)\s+(.*)$", output("readelf", "-dW", path), re.M):
            self.dynamic.setdefault(tag, []).append(value.strip())
        self.segments = {}
        self.zeroed_pages = self.holes = 0
        end = None
        for line in output("readelf", "-lW", path).splitlines():
            fields = line.split()
            if len(fields) >= 7 and fields[1].startswith("0x"):
                self.segments.setdefault(fields[0], []).append((int(fields[5], 16), "".join(fields[6:-1])))
                if fields[0] == "LOAD":
                    address, in_file, in_memory = (int(fields[i], 16) for i in (2, 4, 5))
                    self.zeroed_pages += -(-(address + in_memory) // PAGE) - -(-(address + in_file) // PAGE)
                    self.holes += end is not None and address // PAGE > end
                    end = -(-(address + in_memory) // PAGE)
        self.slots = [int(at, 16) for at in re.findall(r"^([0-9a-f]+) .*_TPOFF64", output("readelf", "-rW", path), re.M)]
        self.exports = set(self.names("--defined-only"))
        versioned = [name.partition("@") for name in self.names("--undefined-only")]
        self.imports = {name for name, _, _ in versioned}
        self.versions = {version.lstrip("@") for _, _, version in versioned if version}

    def names(self, which):
        lines = output("nm", "-D", which, self.path).splitlines()
        return [line.split()[-1] for line in lines if line.split()]

    def bracketed(self, tag):
        """The names in brackets of a dynamic entry: Library soname: [libx.so.0]."""
        return [name for value in self.dynamic.get(tag, []) for name in re.findall(r"\[(.*?)\]", value)]

    def flags(self):
        return " ".join(self.dynamic.get("FLAGS", []) + self.dynamic.get("FLAGS_1", [])).split()

    def newest_libc(self):
        numbers = [tuple(map(int, version[6:].split("."))) for version in self.versions
                   if re.fullmatch(r"GLIBC_[0-9.]+", version)]
        return ".".join(map(str, max(numbers))) if numbers else "none"


def problems_of_linking(so, soname):
    if so.bracketed("SONAME") != [soname]:
        yield f"the soname is {so.bracketed('SONAME')}, not {soname}"
    needed = set(so.bracketed("NEEDED"))
    if "libc.so.6" not in needed or needed - ALLOWED_NEEDED:
        yield f"NEEDED is {sorted(needed)}: libc.so.6 alone is allowed"
    if "TEXTREL" in so.dynamic or "TEXTREL" in so.flags():
        yield "it has text relocations (TEXTREL)"
    for flag, meaning in (
        ("STATIC_TLS", "its thread-local storage is not initial-exec"),
        ("NOW", "symbols are bound lazily: -z now is missing"),
        ("NODELETE", "dlclose can unload it: -z nodelete is missing"),
    ):
        if flag not in so.flags():
            yield f"{meaning} (no flag {flag})"
    if any("E" in rights for _, rights in so.segments.get("GNU_STACK", [(0, "E")])):
        yield "its stack is executable"
    if "GNU_RELRO" not in so.segments:
        yield "no part is read-only after relocation (GNU_RELRO)"
    if any("W" in rights and "E" in rights for _, rights in so.segments.get("LOAD", [])):
        yield "a segment is both writable and executable"
    tls = sum(size for size, _ in so.segments.get("TLS", []))
    if not 0 < tls <= LARGEST_TLS:
        yield f"its thread-local storage is {tls} bytes; 1 to {LARGEST_TLS} are allowed"
    if so.zeroed_pages > 0:
        yield f"the loader makes a mapping for {so.zeroed_pages} pages of zeroed data"
    if not so.slots:
        yield "nothing tells where the thread's slot is read from (no relocation TPOFF64)"
    if any(slot % PAGE < TOPS for slot in so.slots):
        # The processor takes a load for one of what was just stored where the lower twelve bits of the addresses are the same.
        yield "where the thread's slot is, is read from a part of a page in which magazines have their tops: every call waits"
    if so.holes > 0:
        yield f"there are {so.holes} holes between its segments, for each of which the loader makes a call"
    if so.size > LARGEST:
        yield f"it is {so.size:,} bytes; {LARGEST:,} are allowed"


def problems_of_symbols(so, exports, imports):
    for name in sorted(exports - so.exports):
        yield f"does not export {name}"
    for name in sorted(so.exports - exports):
        yield f"exports {name}, which scripts/exports.txt does not list"
    for name in sorted(so.imports):
        if FORBIDDEN.fullmatch(name):
            yield f"imports {name}, which is never allowed"
        elif name not in imports:
            yield f"imports {name}, which scripts/imports.txt does not list"


def problems_of_archive(path, exports):
    exports = {name for name in exports if not name.startswith("_Z")} - SHARED_ALONE
    defined = set()
    for line in output("nm", "--extern-only", "--defined-only", path).splitlines():
        fields = line.split()
        # Weak and mangled names cannot collide.
        if len(fields) == 3 and fields[1] in "TDBR" and not fields[2].startswith(("_ZN", "_R", "__rust")):
            defined.add(fields[2])
    for name in sorted(exports - defined):
        yield f"does not define {name}"
    hidden = hidden_names(path)
    for name in sorted(defined - exports - hidden):
        yield f"defines {name}, which a program could define too"


def hidden_names(path):
    """Names that the linker keeps within one object."""
    rows = re.findall(r"^\s*\d+:.*\bHIDDEN\s+\S+\s+(\S+)$", output("readelf", "-sW", path), re.M)
    return set(rows)


def symbol_bytes(so):
    """How much of the file is there for perf and gdb alone."""
    row = r"\s(?:\.symtab|\.strtab|\.debug_\w+)\s+\S+\s+\w+\s+\w+\s+(\w+)"
    return sum(int(size, 16) for size in re.findall(row, output("readelf", "-SW", so.path)))


def main():
    parser = argparse.ArgumentParser(description="check the built objects")
    parser.add_argument("--so", type=Path, default=ROOT / "target/release/libpigalloc.so")
    parser.add_argument("--archive", type=Path)
    parser.add_argument("--soname", default="libpigalloc.so.0")
    options = parser.parse_args()
    exports, imports = listed(HERE / "exports.txt"), listed(HERE / "imports.txt")
    so = SharedObject(options.so)
    found = [(options.so, text) for text in problems_of_linking(so, options.soname)]
    found += [(options.so, text) for text in problems_of_symbols(so, exports, imports)]
    if options.archive:
        found += [(options.archive, text) for text in problems_of_archive(options.archive, exports)]
    for path, text in found:
        print(f"{path.name}: {text}", file=sys.stderr)
    named = symbol_bytes(so)
    print(f"artifact: {so.size:,} bytes, of which {named:,} are names of functions (for perf and gdb)")
    print(f"artifact: {len(so.exports)} exports, {len(so.imports)} imports, the newest of glibc {so.newest_libc()}")
    print(f"artifact: imports {' '.join(sorted(so.imports))}")
    unused = sorted(imports - so.imports)
    if unused:
        print(f"artifact: allowed, but not imported: {' '.join(unused)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
