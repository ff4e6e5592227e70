#!/usr/bin/env python3
"""Runs real programs on an allocator by LD_PRELOAD; what they produce must equal the run without it.

    programs.py                    all programs, missing ones installed with apt-get, medians of three rounds
    programs.py --quick            those that are there, smaller inputs, one round, about 90 seconds
    programs.py --only git,redis   some of them (names: programs.py --list)
    programs.py --lib PATH         another object than target/release/libpigalloc.so

Before a program counts, a look at the loader's bindings tells whether malloc really ends in the object: a
program that brings its own malloc, or is linked statically, would prove nothing and is skipped. The last
line is `N passed, N failed, N skipped`; the exit status is 1 if one failed or none passed.
"""

import argparse
import collections
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from figures import allocators, launch, loader, report
from programs import catalog

QUICK_SECONDS = 90
RUN_SECONDS = 120

CONTROL = re.compile(rb"transferring control: (\S+)")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lib", type=pathlib.Path, default=allocators.OURS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", metavar="NAME,...")
    parser.add_argument("--rounds", type=int, metavar="N", help="runs of each (1 with --quick, else 3)")
    parser.add_argument("--list", action="store_true", help="name the programs and end")
    return parser.parse_args()


def chosen(only):
    if only is None:
        return list(catalog.PROGRAMS)
    names = only.split(",")
    unknown = set(names) - {program.name for program in catalog.PROGRAMS}
    if unknown:
        raise SystemExit(f"{', '.join(sorted(unknown))}: no such program (see --list)")
    return [program for program in catalog.PROGRAMS if program.name in names]


def missing(program):
    return [tool for tool in program.needs if shutil.which(tool) is None]


def install(programs):
    """Asks apt-get for what is missing; whatever stays missing is skipped later."""
    packages = sorted({package for program in programs if missing(program) for package in program.packages})
    if packages and shutil.which("apt-get"):
        print(f"apt-get install {' '.join(packages)}", file=sys.stderr)
        command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
        subprocess.run(command if os.geteuid() == 0 else ["sudo", "-n", *command], stdout=subprocess.DEVNULL,
                       env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=False)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_script(script, allocator, inputs, more=()):
    """One run of a shell script in an empty folder."""
    settings = ["LC_ALL=C", f"IN={inputs}", f"PORT={free_port()}", *allocator.environment(), *more]
    with tempfile.TemporaryDirectory(prefix="program-") as folder:
        return launch.run(["sh", "-euc", script], settings, seconds=RUN_SECONDS, cwd=folder)


def bindings(program, allocator, inputs):
    """Where malloc ends in each executable that the program's `look` starts: {executable: {object}}."""
    found = collections.defaultdict(set)
    with tempfile.TemporaryDirectory(prefix="bindings-") as folder:
        run_script(program.look, allocator, inputs, loader.settings(folder, "files"))
        for lines in loader.accounts(folder):
            # Relocation comes before control is handed over, so an executable's name follows its bindings.
            # What a program loads later belongs to the name before.
            seen, name = set(), None
            for line in lines:
                if (bound := loader.binding(line)) and bound.symbol == "malloc":
                    seen.add(bound.server)
                elif control := CONTROL.search(line):
                    name = os.path.basename(control[1].decode())
                    found[name] |= seen
                    seen = set()
            if name is not None:
                found[name] |= seen
    return found


def elsewhere(program, allocator, inputs):
    """Why the program would not test the allocator, or None."""
    found = bindings(program, allocator, inputs)
    ours = str(allocator.path.resolve())
    for tool in program.needs:
        real = {tool, os.path.basename(os.path.realpath(shutil.which(tool)))}
        if not any(found.get(name) for name in real):
            return f"{tool}: no malloc bound by the loader"
    for name, objects in found.items():
        for other in objects - {ours}:
            return f"{name}: malloc is {os.path.basename(other)}'s"
    return None


def difference(plain, preloaded):
    """What is not the same in two runs, or None."""
    if not preloaded.ok or plain.exit != preloaded.exit:
        tail = preloaded.err.decode(errors="replace").strip().splitlines()[-3:]
        return f"{preloaded.fate}: {' | '.join(tail)}"
    if b"pigalloc:" in preloaded.err:
        return next(line for line in preloaded.err.decode(errors="replace").splitlines() if "pigalloc:" in line)
    if plain.out != preloaded.out:
        lines = zip(plain.out.splitlines() + [b"(end)"], preloaded.out.splitlines() + [b"(end)"])
        left, right = next(pair for pair in lines if pair[0] != pair[1])
        return f"without: {left[:100].decode(errors='replace')} | with: {right[:100].decode(errors='replace')}"
    return None


class Outcome:
    """What became of one program."""

    def __init__(self, program):
        self.program = program
        self.skipped = None  # why
        self.failed = None  # how
        self.plain, self.preloaded = [], []  # Runs

    def cells(self):
        verdict = "skipped" if self.skipped else "NO" if self.failed else "yes"
        figures = []
        for key in ("wall", "peak_mb"):
            for runs in (self.plain, self.preloaded):
                middle = statistics.median(getattr(run, key) for run in runs) if runs else None
                figures.append(report.shown(middle))
        return [self.program.name, verdict, *figures]


def test(program, allocator, inputs, rounds):
    outcome = Outcome(program)
    lacking = missing(program)
    if lacking:
        outcome.skipped = f"{', '.join(lacking)} not installed"
        return outcome
    outcome.skipped = elsewhere(program, allocator, inputs)
    if outcome.skipped:
        return outcome
    for turn in range(rounds):
        sides = [(allocators.SYSTEM, outcome.plain), (allocator, outcome.preloaded)]
        for side, runs in sides if turn % 2 == 0 else reversed(sides):
            runs.append(run_script(program.script, side, inputs))
            if side is allocators.SYSTEM and not runs[-1].ok:
                tail = runs[-1].err.decode(errors="replace").strip()[-200:]
                outcome.skipped = f"fails without the preload too ({runs[-1].fate}): {tail}"
                return outcome
        outcome.failed = difference(outcome.plain[0], outcome.preloaded[-1])
        if outcome.failed:
            break
        unstable = difference(outcome.plain[0], outcome.plain[-1])
        if unstable:
            outcome.skipped = f"not the same in two runs without the preload: {unstable}"
            break
    return outcome


HEAD = ("program", "same", "s without", "s with", "peak MB without", "with")


def print_table(outcomes):
    lines = [HEAD, *(outcome.cells() for outcome in outcomes)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    for line in lines:
        print("  ".join(cell.ljust(width) if i < 2 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))).rstrip())
    for outcome in outcomes:
        if outcome.skipped or outcome.failed:
            print(f"{outcome.program.name}: {outcome.failed or 'skipped: ' + outcome.skipped}")


def main():
    options = arguments()
    if options.list:
        for program in catalog.PROGRAMS:
            print(f"{program.name:10} {' '.join(program.needs)}")
        return 0
    if not options.lib.is_file():
        raise SystemExit(f"{options.lib}: no such file (make build)")
    allocator = allocators.Allocator(allocators.name_of(options.lib), options.lib.resolve())
    programs = chosen(options.only)
    begin = time.monotonic()
    if not options.quick:
        install(programs)
    launch.build()
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="inputs-") as folder:
        catalog.prepare(pathlib.Path(folder), options.quick)
        for program in programs:
            if options.quick and time.monotonic() - begin > QUICK_SECONDS:
                late = Outcome(program)
                late.skipped = f"{QUICK_SECONDS} seconds are over"
                outcomes.append(late)
                continue
            outcomes.append(test(program, allocator, folder, options.rounds or (1 if options.quick else 3)))
    print_table(outcomes)
    failed = sum(bool(outcome.failed) for outcome in outcomes)
    skipped = sum(bool(outcome.skipped) and not outcome.failed for outcome in outcomes)
    passed = len(outcomes) - failed - skipped
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
