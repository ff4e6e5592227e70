"""The allocators that the bench compares: their names, and where their objects lie."""

import fnmatch
import json
import os
import pathlib
from typing import NamedTuple

from figures.allocators import OURS, SYSTEM, Allocator

OUR_NAME = "pigalloc"
REFERENCE = "mi3"  # what ratios are given to
MANIFEST = "manifest.json"


class Peer(NamedTuple):
    name: str  # the object is NAME.so
    title: str


PEERS = (
    Peer("mi3", "mimalloc 3"),
    Peer("mi2", "mimalloc 2"),
    Peer("je", "jemalloc"),
    Peer("gp", "gperftools"),
    Peer("tc", "Google tcmalloc"),
    Peer("sn", "snmalloc"),
    Peer("rp", "rpmalloc"),
    Peer("hml", "hardened_malloc light"),
    Peer("scudo", "scudo"),
)
QUICK = ("mi3", "mi2", "je")
TITLES = {OUR_NAME: "pigalloc", SYSTEM.name: "glibc", **{peer.name: peer.title for peer in PEERS}}


def folder():
    """Where the objects of the peers are kept."""
    if chosen := os.environ.get("PEERS_DIR"):
        return pathlib.Path(chosen).resolve()
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(cache).resolve() / "pigalloc-peers"


def manifest(where):
    """What the builder wrote about each object: {name: {"version": ..., "origin": ..., "skipped": ...}}."""
    try:
        return json.loads((where / MANIFEST).read_text())
    except (OSError, ValueError):
        return {}


def choose(where, wanted, quick):
    """The system and each built peer; `wanted` is a list of names and patterns, None for all."""
    built = {path.stem: path for path in sorted(where.glob("*.so"))}
    order = [SYSTEM.name, *(peer.name for peer in PEERS)]
    order += sorted(name for name in built if name not in order)
    if wanted is None:
        wanted = [SYSTEM.name, *QUICK] if quick else order
    found = []
    for name in order:
        if not any(fnmatch.fnmatch(name, pattern) for pattern in wanted):
            continue
        if name == SYSTEM.name:
            found.append(SYSTEM)
        elif name in built:
            found.append(Allocator(name, built[name]))
    for pattern in wanted:
        if not any(fnmatch.fnmatch(name, pattern) for name in order):
            raise SystemExit(f"{pattern}: no such allocator; there are {', '.join(order)}")
    return found


def ours(lib):
    path = (lib or OURS).resolve()
    if not path.is_file():
        raise SystemExit(f"{path}: not there (make build)")
    return Allocator(OUR_NAME, path)
