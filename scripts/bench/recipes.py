"""How each peer becomes a preloadable object, from package registries alone; built once, kept in the cache.

A recipe makes `shop.object` and returns (where it came from, its version). What cannot be built here is
skipped, with the reason in the manifest; scripts/peers.py tries it again.
"""

import fnmatch
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from figures import launch
from figures.allocators import Allocator

from . import peers, proof
from .workshop import Failed, Workshop


def compiler_of_cxx():
    """tcmalloc's inner loop is in assembler and attributes that clang knows best."""
    return "clang++" if shutil.which("clang++") else "g++"


def mimalloc3(shop):
    wheel, version = shop.wheel("cmeel-mimalloc")
    shop.unpack_largest(wheel, "libmimalloc.so")
    return "wheel cmeel-mimalloc", version


def mimalloc2(shop):
    _, version = shop.crate('libmimalloc-sys = { version = "0.1", features = ["override", "v2"] }')
    shop.link_whole(shop.build_crate("libmimalloc.a"))
    return "crate libmimalloc-sys (features override, v2)", version


def jemalloc(shop):
    _, version = shop.crate(
        'tikv-jemalloc-sys = { version = "0.7", features = ["unprefixed_malloc_on_supported_platforms"] }')
    shop.link_whole(shop.build_crate("libjemalloc_pic.a"))
    return "crate tikv-jemalloc-sys", version.split("-")[0]


def gperftools(shop):
    unpacked, package, version = shop.debian("libtcmalloc-minimal4", "libtcmalloc-minimal4t64")
    shop.take(shop.found(unpacked, "libtcmalloc_minimal.so.4").resolve())
    return f"Debian {package}", version


def tcmalloc(shop):
    """The crate leaves malloc and free out: the file that defines them is compiled again with them."""
    _, version = shop.crate('libtcmalloc-sys = "0.1"')
    cxx = compiler_of_cxx()
    tls = "-ftls-model=initial-exec"
    archive = shop.build_crate("libtcmalloc.a", CXX=cxx, CXXFLAGS=tls)
    # The build script patches its copy of the sources; without patches they are the crate's.
    source = shop.found(archive.parent, "tcmalloc.cc").parents[1]
    whole = shop.folder / "whole.a"
    shutil.copyfile(archive, whole)
    bridges = [member for member in shop.run("ar", "t", whole).split() if "malloc_bridge" in member]
    shop.run("ar", "d", whole, *bridges)
    entry = shop.folder / "entry.o"
    shop.run(cxx, "-c", "-std=c++17", "-O3", "-DNDEBUG", "-fPIC", tls, "-w", "-DTCMALLOC_INTERNAL_8K_PAGES",
             f"-I{source}", f"-I{source.parent / 'abseil-cpp'}", source / "tcmalloc" / "tcmalloc.cc", "-o", entry)
    shop.link_whole(whole, entry, "-static-libstdc++", "-static-libgcc", compiler=cxx)
    return "crate libtcmalloc-sys", version


def snmalloc(shop):
    """The crate's own build gives the functions other names: its sources, as their CMake file builds the shim."""
    sources, version = shop.crate('snmalloc-sys = "0.7"')
    upstream = sources / "upstream"
    override = upstream / "src" / "snmalloc" / "override"
    shop.run("g++", "-shared", "-o", shop.object, "-std=c++20", "-O3", "-flto", "-DNDEBUG", "-fPIC", "-w", "-mcx16",
             "-mprfchw", "-ftls-model=initial-exec", "-fvisibility=hidden", "-fomit-frame-pointer", "-fno-rtti",
             "-ffunction-sections", '-DSNMALLOC_EXPORT=__attribute__((visibility("default")))',
             "-DSNMALLOC_USE_CXX11_THREAD_ATEXIT_DIRECT", "-DSNMALLOC_USE_WAIT_ON_ADDRESS=1",
             "-DSNMALLOC_PLATFORM_HAS_GETENTROPY", "-DSNMALLOC_HAS_LINUX_RANDOM_H", "-DSNMALLOC_HAS_LINUX_FUTEX_H",
             "-DSNMALLOC_PTHREAD_ATFORK_WORKS", "-DSNMALLOC_CHECK_LOADS=false", "-DSNMALLOC_PAGEID=false",
             f"-I{upstream / 'src'}", override / "malloc.cc", override / "new.cc", "-static-libstdc++", "-lpthread")
    return "crate snmalloc-sys (its snmalloc)", version


def rpmalloc(shop):
    """The crate builds rpmalloc() and rpfree() only: its sources with the switches that define malloc and free."""
    sources, version = shop.crate('rpmalloc-sys = "0.2"')
    shop.run("cc", "-shared", "-o", shop.object, "-std=gnu11", "-O3", "-fPIC", "-w", "-DNDEBUG", "-D_GNU_SOURCE=1",
             "-DENABLE_OVERRIDE=1", "-DENABLE_PRELOAD=1", shop.found(sources, "rpmalloc.c"), "-lpthread", "-ldl")
    return "crate rpmalloc-sys (its rpmalloc)", version


def hardened_light(shop):
    """Compiled here since the crate's build script asks for a newer compiler than the sources need."""
    sources, version = shop.crate('hardened-malloc-sys = "16"')
    upstream = sources / "vendor" / "hardened-malloc"
    lines = (sources / "config-light.conf").read_text().splitlines()
    settings = [f"-D{line.strip()}" for line in lines if "=" in line and not line.startswith("#")]
    files = [upstream / f"{name}.c" for name in ("chacha", "h_malloc", "memory", "pages", "random", "util")]
    shop.run("cc", "-shared", "-o", shop.object, "-std=c2x", "-include", "stdalign.h", "-O3", "-fPIC", "-w",
             "-fvisibility=hidden", "-fno-plt", "-ftls-model=initial-exec", "-D_GNU_SOURCE", *settings,
             f"-I{upstream}", f"-I{upstream / 'include'}", f"-I{upstream / 'third_party'}", *files, "-lpthread")
    return "crate hardened-malloc-sys (its light configuration)", version


def scudo(shop):
    unpacked, package, version = shop.debian("libclang-rt-16-dev", "libclang-rt-19-dev", "libclang-rt-18-dev",
                                             "libclang-rt-14-dev")
    shop.take(shop.found(unpacked, "libclang_rt.scudo_standalone-x86_64.so"))
    return f"Debian {package}", version


RECIPES = {"mi3": mimalloc3, "mi2": mimalloc2, "je": jemalloc, "gp": gperftools, "tc": tcmalloc, "sn": snmalloc,
           "rp": rpmalloc, "hml": hardened_light, "scudo": scudo}


def proven(name, path):
    """Raises Failed unless programs run on the object and their malloc and free are its own."""
    allocator = Allocator(name, path)
    if wrong := proof.not_bound(allocator, str(launch.BUILT / "trim")):
        raise Failed(wrong)
    done = launch.run([sys.executable, "-c", "print(sum(range(10)))"], allocator.environment(), seconds=30)
    if not done.ok or done.out.strip() != b"45":
        raise Failed(f"a program on it: {done.fate}")


def build(name, where, log):
    """Builds one peer and proves it; its entry for the manifest."""
    with tempfile.TemporaryDirectory(prefix=f"peer-{name}-") as scratch:
        shop = Workshop(pathlib.Path(scratch), log)
        try:
            origin, version = RECIPES[name](shop)
            # tcmalloc's environment goes by the name of the object.
            final = pathlib.Path(scratch) / f"{name}.so"
            shop.object.rename(final)
            final.chmod(0o755)
            proven(name, final)
            shutil.copyfile(final, where / f".{name}.new")
            (where / f".{name}.new").rename(where / f"{name}.so")
        except (Failed, OSError, RuntimeError, ValueError, StopIteration, subprocess.SubprocessError) as trouble:
            return {"title": peers.TITLES[name], "skipped": str(trouble)}
    return {"title": peers.TITLES[name], "origin": origin, "version": version}


def wanted_names(wanted, quick):
    if wanted is None:
        return list(peers.QUICK) if quick else list(RECIPES)
    return [name for name in RECIPES if any(fnmatch.fnmatch(name, pattern) for pattern in wanted)]


def make(where, wanted=None, quick=False, again=False, anew=False):
    """Builds what is wanted and not there. What failed before is tried `again` only when asked for."""
    where.mkdir(parents=True, exist_ok=True)
    launch.build()
    entries = peers.manifest(where)
    for name in wanted_names(wanted, quick):
        there = (where / f"{name}.so").is_file() and name in entries and "skipped" not in entries[name]
        failed = "skipped" in entries.get(name, {})
        if not anew and (there or failed and not again):
            continue
        print(f"peers: building {name} ({peers.TITLES[name]})", file=sys.stderr, flush=True)
        with open(where / f"{name}.log", "w") as log:
            entries[name] = build(name, where, log)
        if reason := entries[name].get("skipped"):
            print(f"peers: {name} skipped: {reason} (see {where / name}.log)", file=sys.stderr)
        (where / peers.MANIFEST).write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n")
    return entries
