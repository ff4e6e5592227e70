"""The allocators that are compared: names, objects to preload, and the environment each one needs."""

import os
import pathlib
from typing import NamedTuple, Optional

ROOT = pathlib.Path(__file__).resolve().parents[2]
OURS = ROOT / "target" / "release" / "libpigalloc.so"

# Variables of the caller that would choose another allocator or change the one under test.
FOREIGN = ("LD_PRELOAD", "GLIBC_TUNABLES", "MALLOC_CONF", "LD_BIND_NOW", "LD_DEBUG")


class Allocator(NamedTuple):
    name: str
    path: Optional[pathlib.Path]  # None: the system's own malloc

    def environment(self):
        """NAME=VALUE settings for a command that shall run on this allocator."""
        if self.path is None:
            return []
        settings = [f"LD_PRELOAD={self.path}"]
        if self.path.stem == "tc":
            # Google tcmalloc registers restartable sequences itself; glibc's registration makes it slow.
            settings.append("GLIBC_TUNABLES=glibc.pthread.rseq=0")
        return settings


SYSTEM = Allocator("system", None)


def clean_environment():
    """This process's environment without anything that concerns malloc."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in FOREIGN and not name.startswith(("PIGALLOC_", "MIMALLOC_", "MALLOC_", "TCMALLOC_"))
    }


def name_of(path):
    return "pigalloc" if path.name.startswith("libpigalloc.so") else path.stem


def gather(lib, named, folder):
    """pigalloc (or `lib`) first, then the system, then NAME=PATH pairs, then each *.so of `folder`."""
    found = []
    if lib is not None:
        found.append(Allocator(name_of(lib), lib.resolve()))
    found.append(SYSTEM)
    for pair in named:
        name, equals, path = pair.partition("=")
        if not equals:
            raise SystemExit(f"{pair}: not NAME=PATH")
        if name != "system":
            found.append(Allocator(name, pathlib.Path(path).resolve()))
    if folder is not None:
        found += [Allocator(name_of(path), path.resolve()) for path in sorted(folder.glob("*.so"))]
    seen = {}
    for allocator in found:
        if allocator.path is not None and not allocator.path.is_file():
            raise SystemExit(f"{allocator.path}: no such file")
        seen.setdefault(allocator.name, allocator)
    return list(seen.values())
