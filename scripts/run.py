#!/usr/bin/env python3
"""Runs a program by turns on the system's malloc and on pigalloc, and shows what it cost.

    scripts/run.py [--lib LIB] [--rounds N] [COMMAND [ARGUMENT...]]

Without a command (and without CMD in the environment, where `make run CMD="…"` leaves it) the program is
scripts/run/workload.py under python3. The table gives the median of the rounds; then comes pigalloc's own
summary of one more run. The program's standard output is not shown but compared between all runs.
"""

import argparse
import os
import shlex
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from figures import launch

ROOT = Path(__file__).resolve().parent.parent
WORKLOAD = ROOT / "scripts" / "run" / "workload.py"
SHELL_CHARACTERS = set("|&;<>()$`*?[]{}~#\n")
LONGEST_SECONDS = 3600


def seconds(value):
    return f"{value:.3f} s" if value >= 0.1 else f"{value * 1000:.2f} ms"


ROWS = [
    ("wall time", lambda run: run.wall, seconds),
    ("processor time", lambda run: run.cpu, seconds),
    ("peak resident memory", lambda run: run.peak_mb, lambda value: f"{value:.1f} MiB"),
    ("page faults", lambda run: run.faults, lambda value: f"{value:,.0f}"),
]


def build_launcher():
    """Compiles the launcher alone; the other programs of its folder are not needed here."""
    source, program = launch.SOURCES / "measure.c", launch.BUILT / "measure"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", *launch.FLAGS, "-o", program, source], check=True)


def words_of(command):
    """A command line as a list; one that needs a shell is given to the shell."""
    if SHELL_CHARACTERS & set(command):
        return ["/bin/sh", "-c", command]
    try:
        words = shlex.split(command)
    except ValueError as error:
        sys.exit(f"run: {command}: {error}")
    if words and "=" in words[0]:
        words.insert(0, "env")
    return words


def program_to_run(options):
    """(command, settings for its environment, how to name it)."""
    if options.command:
        return options.command, [], shlex.join(options.command)
    command = os.environ.get("CMD", "").strip()
    if command:
        return words_of(command), [], command
    shown = "python3 scripts/run/workload.py, each object a malloc of its own (PYTHONMALLOC=malloc)"
    return [sys.executable, str(WORKLOAD)], ["PYTHONMALLOC=malloc"], shown


def table(system, pigalloc):
    lines = [("", "system", "pigalloc", "pigalloc/system")]
    for name, value, text in ROWS:
        a, b = (statistics.median(map(value, runs)) for runs in (system, pigalloc))
        lines.append((name, text(a), text(b), f"{b / a:.2f}" if a else "-"))
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    for number, line in enumerate(lines):
        cells = [line[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        print("  " + "   ".join(cells))
        if number == 0:
            print("  " + "-" * (sum(widths) + 9))


def verdict_on_output(system, pigalloc):
    reference = {run.out for run in system}
    if len(reference) > 1:
        return "its output differs from run to run, with the system's malloc too"
    return "same output in all runs" if {run.out for run in pigalloc} == reference else "OUTPUT DIFFERS on pigalloc"


def rounds(command, settings, preload, count):
    """`count` runs on each allocator by turns: (runs on the system's malloc, runs on pigalloc)."""
    system, pigalloc = [], []
    expected, warm_mb = None, 0
    for number in range(count):
        for ours in (False, True) if number % 2 == 0 else (True, False):
            run = launch.run(command, settings + preload * ours, warm_mb=warm_mb, seconds=LONGEST_SECONDS,
                             stdin=b"")
            expected = run.fate if expected is None else expected
            if run.late or run.signal or run.fate != expected:
                sys.stderr.write(run.err.decode(errors="replace")[-4000:])
                sys.exit(f"run: {'pigalloc' if ours else 'system'}: {run.fate}, the first run: {expected}")
            (pigalloc if ours else system).append(run)
            warm_mb = max(warm_mb, int(run.peak_mb))
    return system, pigalloc


def parse():
    parser = argparse.ArgumentParser(description="run a program on the system's malloc and on pigalloc")
    parser.add_argument("--lib", default=ROOT / "target/release/libpigalloc.so", type=Path)
    parser.add_argument("--rounds", default=5, type=int)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args()


def main():
    options = parse()
    if not options.lib.exists():
        sys.exit(f"run: {options.lib} is not there: run `make build` first")
    preload = [f"LD_PRELOAD={options.lib.resolve()}"]
    preload += [f"{name}={value}" for name, value in os.environ.items() if name.startswith("PIGALLOC_")]
    command, settings, shown = program_to_run(options)
    if shutil.which(command[0]) is None:
        sys.exit(f"run: {command[0]}: no such program")
    build_launcher()

    print(f"Running {shown}")
    print(f"{options.rounds} rounds by turns, medians\n", flush=True)
    try:
        system, pigalloc = rounds(command, settings, preload, options.rounds)
    except RuntimeError as error:
        sys.exit(f"run: {error}")
    table(system, pigalloc)
    verdict = verdict_on_output(system, pigalloc)
    print(f"\n  {verdict}, {system[0].fate}\n")

    summary = launch.run(command, settings + preload + ["PIGALLOC_STATS=1"], seconds=LONGEST_SECONDS, stdin=b"")
    print("pigalloc's own summary (PIGALLOC_STATS=1):\n")
    print(summary.err.decode(errors="replace").rstrip() or "  (the program closed its standard error before it ended)")
    return 1 if "DIFFERS" in verdict else 0


if __name__ == "__main__":
    sys.exit(main())
