"""Which allocators a bench compares: the options that say so, and the proof that each one serves."""

import pathlib

from figures import launch
from figures.allocators import Allocator

from . import peers, proof, recipes


def commas(text):
    return [part for part in text.split(",") if part]


def add_arguments(parser):
    parser.add_argument("--lib", type=pathlib.Path, metavar="PATH", help="the object under test")
    parser.add_argument("--peers", metavar="NAME,...", type=commas, help="these allocators beside pigalloc")
    parser.add_argument("--peers-dir", type=pathlib.Path, metavar="DIR", help="a folder of objects NAME.so")
    parser.add_argument("--also", action="append", default=[], metavar="NAME=PATH",
                        help="a further object, which does not count as a peer")


def named(pairs):
    for pair in pairs:
        name, equals, path = pair.partition("=")
        if not equals or not pathlib.Path(path).is_file():
            raise SystemExit(f"{pair}: not NAME=PATH of an object")
        yield Allocator(name, pathlib.Path(path).resolve())


def allocators(options, quick=False):
    """Those to compare, pigalloc first, that serve a program's malloc and free; and what is known of each."""
    where = options.peers_dir or peers.folder()
    if options.peers_dir is None:
        recipes.make(where, options.peers, quick)
    own = [peers.ours(options.lib), *named(options.also)]
    compared = own + peers.choose(where, options.peers, quick)
    known = peers.manifest(where)
    serving, about = [], []
    for allocator in compared:
        if wrong := proof.not_bound(allocator, str(launch.BUILT / "trim")):
            print(f"  {allocator.name:10} left out: {wrong}", flush=True)
            continue
        version = proof.version(allocator, known)
        print(f"  {allocator.name:10} malloc and free bound; {version}", flush=True)
        serving.append(allocator)
        about.append({"name": allocator.name, "title": peers.TITLES.get(allocator.name, allocator.name),
                      "version": version, "peer": allocator not in own,
                      "file": allocator.path.name if allocator.path else "libc.so.6"})
    if not serving:
        raise SystemExit("no allocator to measure")
    return serving, about
