#!/usr/bin/env python3
"""Runs real programs on an allocator by LD_PRELOAD; what they produce must equal the run without it.

    programs.py                    all programs, missing ones installed with apt-get, medians of three rounds
    programs.py --quick            a dozen of those that are there, smaller inputs, one round, 90 seconds at most
    programs.py --only git,redis   some of them (names: programs.py --list)
    programs.py --kind server,tool all of a kind
    programs.py --lib PATH         another object than target/release/libpigalloc.so

Before a program counts, a look at the loader's bindings tells whether malloc really ends in the object: a
program that brings its own malloc, or is linked statically, would prove nothing and is skipped. Where the
catalog knows of an own malloc, the object must be loaded, and the table says that this is all. The last line
is `N passed, N failed, N skipped`; the exit status is 1 if one failed or none passed.
"""

import argparse
import glob
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from figures import allocators, launch
from programs import catalog, outcome, proof, session

QUICK_SECONDS = 90
QUICK_PROGRAMS = 10
# Where distributions keep servers: not in every user's PATH.
PLACES = ["/usr/sbin", "/sbin", *sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lib", type=pathlib.Path, default=allocators.OURS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", metavar="NAME,...")
    parser.add_argument("--kind", metavar="KIND,...", help="server, language, compiler, tool, media, browser")
    parser.add_argument("--rounds", type=int, metavar="N", help="runs of each, 3 at most (1 with --quick, else 3)")
    parser.add_argument("--show", action="store_true", help="print what the programs print, too")
    parser.add_argument("--list", action="store_true", help="name the programs and end")
    return parser.parse_args()


def named(words, known, what):
    """The set of the words, all of which must be known."""
    words = set(words.split(","))
    if words - known:
        raise SystemExit(f"{', '.join(sorted(words - known))}: no such {what} (see --list)")
    return words


def chosen(options):
    programs = list(catalog.PROGRAMS)
    if options.only:
        names = named(options.only, {program.name for program in programs}, "program")
        programs = [program for program in programs if program.name in names]
    if options.kind:
        kinds = named(options.kind, {program.kind for program in programs}, "kind")
        programs = [program for program in programs if program.kind in kinds]
    if options.quick and not options.only:
        first = [program for program in programs if program.quick]
        there = sum(not missing(program) for program in first)
        more = [program for program in programs if not program.quick and not missing(program)]
        programs = first + more[:max(0, QUICK_PROGRAMS - there)]
    return programs


def missing(program):
    return [tool for tool in program.needs if not (os.path.exists(tool) if "/" in tool else shutil.which(tool))]


def install(programs):
    """Asks apt-get for what is missing; whatever stays missing is skipped later."""
    packages = sorted({package for program in programs if missing(program) for package in program.packages})
    if not packages or not shutil.which("apt-get"):
        return
    apt = ["apt-get"] if os.geteuid() == 0 else ["sudo", "-n", "apt-get"]
    if not shutil.which(apt[0]):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}  # 1: starts no service
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "env": environment, "check": False}
    print(f"apt-get install {' '.join(packages)}", file=sys.stderr)
    subprocess.run([*apt, "update", "-q"], **quiet)
    # One at a time: a name that this release does not know must not keep the others away.
    for package in packages:
        subprocess.run([*apt, "install", "-y", "-q", "--no-install-recommends", package], **quiet)


def test(program, allocator, inputs, many, rounds):
    result = outcome.Outcome(program)
    lacking = missing(program)
    if lacking:
        result.skipped = f"{', '.join(lacking)} not installed"
        return result
    place = session.Session(program, inputs, many)
    result.skipped, result.notes = proof.of(place, allocator)
    if result.skipped:
        return result
    for turn in range(min(rounds, program.rounds)):
        sides = [(allocators.SYSTEM, result.plain), (allocator, result.preloaded)]
        for side, runs in sides if turn % 2 == 0 else reversed(sides):
            runs.append(place.run(program.script, side))
            if side is allocators.SYSTEM and not runs[-1].ok:
                result.skipped = f"fails without the preload too: {outcome.fate(runs[-1])}"
                return result
            if not runs[-1].out and side is allocators.SYSTEM:
                result.skipped = "prints nothing that could be compared"
                return result
        result.failed = outcome.difference(result.plain[0], result.preloaded[-1])
        if result.failed and result.preloaded[-1].ok and turn == 0:
            result.plain.append(place.run(program.script, allocators.SYSTEM))
        unstable = outcome.difference(result.plain[0], result.plain[-1])
        # What crashes has failed, whatever else is not the same.
        if unstable and result.preloaded[-1].ok:
            result.failed, result.skipped = None, f"not the same in two runs without the preload: {unstable}"
        if result.failed or result.skipped:
            break
    return result


def main():
    options = arguments()
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), *PLACES])
    if options.list:
        for program in catalog.PROGRAMS:
            print(f"{program.kind:10}{program.name:18}{' '.join(program.needs)}")
        return 0
    if not options.lib.is_file():
        raise SystemExit(f"{options.lib}: no such file (make build)")
    allocator = allocators.Allocator(allocators.name_of(options.lib), options.lib.resolve())
    begin = time.monotonic()
    if not options.quick:
        install(chosen(options))
    programs = chosen(options)
    launch.build()
    results = []
    with tempfile.TemporaryDirectory(prefix="inputs-") as folder:
        inputs = pathlib.Path(folder)
        inputs.chmod(0o755)  # for programs that refuse to be root
        catalog.prepare(inputs, [program for program in programs if not missing(program)], options.quick)
        allocator = session.readable(allocator, inputs)
        for program in programs:
            if options.quick and time.monotonic() - begin > QUICK_SECONDS:
                late = outcome.Outcome(program)
                late.skipped = f"{QUICK_SECONDS} seconds are over"
                results.append(late)
                continue
            results.append(test(program, allocator, inputs, 1 if options.quick else 3,
                                options.rounds or (1 if options.quick else 3)))
            print(results[-1].line(), file=sys.stderr, flush=True)
            if options.show and results[-1].plain:
                print(results[-1].plain[0].out.decode(errors="replace"), flush=True)
    outcome.print_table(results)
    failed = sum(bool(result.failed) for result in results)
    skipped = sum(bool(result.skipped) for result in results)
    passed = len(results) - failed - skipped
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
