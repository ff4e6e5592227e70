#!/usr/bin/env python3
"""Builds the allocators that pigalloc is compared with, from package registries alone, and proves them.

    peers.py                     all that are not there yet; what failed before is tried again
    peers.py mi3 je              these
    peers.py --anew tc           even if it is there
    peers.py --prove PROGRAM     where malloc and free of another program end, for each

The objects go to the folder that PEERS_DIR names, ~/.cache/pigalloc-peers without it, beside a manifest of
their versions and a log for each. About five minutes; cargo, cc, g++, pip and apt-get are used where a peer
needs them, and a peer that cannot be built is skipped with a note. The exit status is 1 if none is there.
"""

import argparse
import pathlib
import sys

from bench import peers, proof, recipes
from figures import launch
from figures.allocators import SYSTEM


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=", ".join(recipes.RECIPES))
    parser.add_argument("--dir", type=pathlib.Path, metavar="DIR", help="where the objects go")
    parser.add_argument("--anew", action="store_true", help="build what is there, too")
    parser.add_argument("--prove", metavar="PROGRAM", help="the program whose bindings are looked at")
    return parser.parse_args()


def main():
    options = arguments()
    for name in options.names:
        if name not in recipes.RECIPES:
            raise SystemExit(f"{name}: not a peer; there are {', '.join(recipes.RECIPES)}")
    where = (options.dir or peers.folder()).resolve()
    entries = recipes.make(where, options.names or None, again=True, anew=options.anew)
    program = options.prove or str(launch.BUILT / "trim")
    there = [a for a in peers.choose(where, None, False) if not options.names or a.name in options.names]
    bad = 0
    for allocator in there:
        wrong = proof.not_bound(allocator, program)
        bad += bool(wrong)
        print(f"{allocator.name:7} {wrong or 'malloc and free bound'}; {proof.version(allocator, entries)}")
    for name, entry in entries.items():
        if "skipped" in entry:
            print(f"{name:7} skipped: {entry['skipped']}")
    print(f"peers: {where}", file=sys.stderr)
    sys.exit(1 if bad or all(allocator == SYSTEM for allocator in there) else 0)


if __name__ == "__main__":
    main()
