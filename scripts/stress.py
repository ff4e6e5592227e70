#!/usr/bin/env python3
"""Runs c-tests/stress under the preloaded library, one mode after the other, and prints a table.

    stress.py                          every mode for 20 seconds
    stress.py --seconds 60 --threads 8
    stress.py --only "one processor,yields"
    stress.py --lib PATH --yields PATH

The modes named yields need an object that was built with the feature `yields` (make target/yields/release/
libpigalloc.so), in which accesses to atomics give the processor away at random. The last line is `N passed, N
failed, N skipped`; the exit status is 1 if a mode failed or none passed.
"""

import argparse
import os
import pathlib
import subprocess
import sys
from typing import NamedTuple

from figures.allocators import OURS, ROOT, clean_environment

SOURCES = ROOT / "c-tests" / "stress"
BUILT = ROOT / "build" / "stress"
FLAGS = ["-std=gnu17", "-O2", "-g", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-pthread", f"-I{ROOT / 'c-tests'}"]
YIELDS = ROOT / "target" / "yields" / "release" / "libpigalloc.so"
EXIT_SKIP = 77
# A run ends by itself after its seconds; then its threads go, and what is live is freed.
PATIENCE = 120


class Mode(NamedTuple):
    name: str
    processors: int  # 0: all
    threads: int  # 0: as asked
    forks: int  # in a second
    yields: bool = False


MODES = [
    Mode("plain", 0, 0, 20),
    Mode("one processor", 1, 0, 20),
    Mode("200 threads on two", 2, 200, 10),
    Mode("forks", 0, 0, 200),
    Mode("yields", 0, 0, 20, True),
    Mode("yields and forks", 0, 0, 200, True),
]


class Outcome(NamedTuple):
    mode: Mode
    word: str  # passed, failed or skipped
    why: str
    figures: dict


def build():
    BUILT.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", *FLAGS, "-o", BUILT / "stress", SOURCES / "stress.c"], check=True)
    subprocess.run(["gcc", *FLAGS, "-fPIC", "-shared", "-o", BUILT / "visitor.so", SOURCES / "visitor.lib.c"],
                   check=True)


def processors(count):
    """The processors that a mode may use."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[:count] if count else usable


def figures_of(text):
    """The NAME=VALUE words of what a run printed."""
    return dict(word.split("=", 1) for line in text.splitlines()[1:] for word in line.split() if "=" in word)


def run(mode, library, seconds, threads, live):
    """One run; its outcome."""
    if not library.is_file():
        return Outcome(mode, "skipped", f"{library}: no such file", {})
    command = [BUILT / "stress", seconds, mode.threads or threads, mode.forks, live, BUILT / "visitor.so"]
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, start_new_session=True,
                               env={**clean_environment(), "LD_PRELOAD": str(library)},
                               preexec_fn=lambda: os.sched_setaffinity(0, processors(mode.processors)))
    try:
        out, err = process.communicate(timeout=seconds + PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        out, err = process.communicate()
        return Outcome(mode, "failed", f"still running after {seconds + PATIENCE} s: {err.strip()[-300:]}",
                       figures_of(out))
    # Of a run that fails a child may be left.
    try:
        os.killpg(process.pid, 9)
    except ProcessLookupError:
        pass
    figures = figures_of(out)
    said = err.strip()[-400:]
    if process.returncode == EXIT_SKIP:
        return Outcome(mode, "skipped", said, figures)
    if process.returncode != 0:
        how = f"signal {-process.returncode}" if process.returncode < 0 else f"exit {process.returncode}"
        return Outcome(mode, "failed", f"{how}: {said or 'nothing said'}", figures)
    origin = pathlib.Path(out.splitlines()[0])
    if not (origin.exists() and origin.samefile(library)):
        return Outcome(mode, "failed", f"malloc comes from {origin}, not from {library}", figures)
    return Outcome(mode, "passed", said, figures)


COLUMNS = [("operations", "operations"), ("forks", "forks"), ("threads", "threads ended"), ("signals", "signals"),
           ("most_live_mib", "most live MiB"), ("most_resident_mib", "most resident"),
           ("before_mib", "middle third"), ("after_mib", "last third"), ("end_mib", "all freed")]


def cell(text):
    return f"{int(text):,}" if text.isdigit() else text


def print_table(outcomes):
    lines = [["mode", "result", *(title for _, title in COLUMNS)]]
    for outcome in outcomes:
        cells = (cell(outcome.figures.get(name, "")) for name, _ in COLUMNS)
        lines.append([outcome.mode.name, outcome.word.replace("failed", "FAILED"), *cells])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join(text.ljust(width) if i < 2 else text.rjust(width)
                        for i, (text, width) in enumerate(zip(line, widths))).rstrip())
    for outcome in outcomes:
        if outcome.why:
            print(f"{outcome.mode.name}: {outcome.why}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lib", type=pathlib.Path, default=OURS)
    parser.add_argument("--yields", type=pathlib.Path, default=YIELDS, help="the object built with yields")
    parser.add_argument("--seconds", type=int, default=20, help="of each mode (default 20)")
    parser.add_argument("--threads", type=int, default=4, help="workers, where the mode does not say (default 4)")
    parser.add_argument("--live", type=int, default=96, metavar="MIB", help="aim at so much live (default 96)")
    parser.add_argument("--only", metavar="MODE,...", help="some of the modes")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else [mode.name for mode in MODES]
    unknown = set(names) - {mode.name for mode in MODES}
    if unknown:
        parser.error(f"no such mode: {', '.join(sorted(unknown))} (there are {', '.join(m.name for m in MODES)})")
    if not options.lib.is_file():
        parser.error(f"{options.lib}: no such file (make build)")
    build()
    outcomes = []
    for mode in MODES:
        if mode.name in names:
            library = (options.yields if mode.yields else options.lib).resolve()
            outcomes.append(run(mode, library, options.seconds, options.threads, options.live))
    print_table(outcomes)
    count = {word: sum(outcome.word == word for outcome in outcomes) for word in ("passed", "failed", "skipped")}
    print(", ".join(f"{number} {word}" for word, number in count.items()))
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
