#!/usr/bin/env python3
"""Everything that CI checks, step by step; `make check` calls it.

    scripts/check.py                all steps
    scripts/check.py fmt layers     some of them
    scripts/check.py --list         their names

A failed step doesn't keep the next ones from running. What a step printed is shown when it fails, and kept in
build/check/STEP.log in any case. The last line is `N passed, N failed`; the exit status is 1 if a step failed.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "check"
MAKE = ["make", "--no-print-directory"]
SHOWN_LINES = 80
# Lines of what went well, not shown among those of a failed step.
QUIET = ("ok ", "build ", "        PASS ", "    PASS ")

# Name, what it stands for, command, minutes it may take.
STEPS = [
    ("build", "the shared object and the archive", [*MAKE, "build"], 10),
    ("fmt", "rustfmt", [*MAKE, "fmt"], 2),
    ("clippy", "clippy, warnings denied, with each set of features", [*MAKE, "clippy"], 10),
    ("layers", "imports only downward, unsafe where allowed, files short", [*MAKE, "layers"], 1),
    ("artifact", "soname, needs, exports, imports, TLS, size", [*MAKE, "artifact"], 10),
    ("header", "include/pigalloc.h is what the sources say", [*MAKE, "header-check"], 10),
    ("unit", "unit and property tests", [*MAKE, "unit-test"], 15),
    ("fuzz", "a minute of fuzzing, and all that fuzzing has kept", [sys.executable, "scripts/fuzz.py"], 10),
    ("loom", "models of the lock-free code, all interleavings", [*MAKE, "loom"], 15),
    ("doc", "examples of the documentation", [*MAKE, "doc-test"], 5),
    ("global", "a Rust program on #[global_allocator]", [*MAKE, "global-test"], 10),
    ("c", "C and C++ tests", [*MAKE, "c-test"], 20),
    ("misuse", "every kind of misuse, on pigalloc and on glibc", [sys.executable, "scripts/misuse.py", "--quick"], 5),
    ("stress", "threads, forks, signals, yields at once", [*MAKE, "stress", "SECONDS=7"], 10),
    ("faults", "refused system calls, limits in steps", [*MAKE, "faults", "SHORT=1"], 10),
    ("count", "instructions per operation", [*MAKE, "count"], 10),
    ("install", "install, pkg-config, static linking, uninstall", [*MAKE, "install-check"], 10),
    ("programs", "real programs, same results", [sys.executable, "scripts/programs.py", "--quick"], 10),
    ("suites", "tests of glibc's malloc and of zlib", [sys.executable, "scripts/suites.py", "--quick"], 10),
]


def run(command, log, minutes):
    """Runs a command with its output in a file; returns its status, or None if its time was over."""
    # What make was called with is for this level only: steps choose their own targets and variables.
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL", "LD_PRELOAD")}
    with open(log, "wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        try:
            return process.wait(timeout=minutes * 60)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                return None
            raise


def show(text):
    lines = [line for line in text.splitlines() if not line.startswith(QUIET)]
    if len(lines) > SHOWN_LINES:
        print(f"    ({len(lines) - SHOWN_LINES} lines before these)")
    for line in lines[-SHOWN_LINES:]:
        print(f"    {line}")


def do_step(step):
    """Runs one step and prints its line; returns `passed`, `failed` or `skipped`."""
    name, explained, command, minutes = step
    log = LOGS / f"{name}.log"
    print(f"{name:10}{explained:58}", end="", flush=True)
    start = time.monotonic()
    status = run(command, log, minutes)
    seconds = time.monotonic() - start
    text = log.read_text(errors="replace")
    skipped = [line for line in text.splitlines() if line.startswith("skipped:")]
    if status == 0:
        result = "skipped" if skipped else "passed"
        print(f"{result:8}{seconds:7.1f} s", flush=True)
        for line in skipped:
            print(f"    {line}")
        return result
    print(f"{'FAILED':8}{seconds:7.1f} s", flush=True)
    show(text)
    if status is None:
        print(f"    ended by {Path(__file__).name}: it took more than {minutes} minutes")
    return "failed"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="*", metavar="STEP", help="only these")
    parser.add_argument("--list", action="store_true", help="name the steps and end")
    options = parser.parse_args()
    names = [step[0] for step in STEPS]
    if options.list:
        for name, explained, _, _ in STEPS:
            print(f"{name:10}{explained}")
        return 0
    unknown = set(options.steps) - set(names)
    if unknown:
        parser.error(f"no such step: {' '.join(sorted(unknown))} (there are {' '.join(names)})")
    LOGS.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    results = {step[0]: do_step(step) for step in STEPS if not options.steps or step[0] in options.steps}
    count = {kind: [name for name, result in results.items() if result == kind]
             for kind in ("passed", "failed", "skipped")}
    print(f"\n{time.monotonic() - start:.0f} s; what each step printed is in {LOGS.relative_to(ROOT)}")
    for kind in ("failed", "skipped"):
        if count[kind]:
            print(f"{kind}: {' '.join(count[kind])}")
    print(f"{len(count['passed']) + len(count['skipped'])} passed, {len(count['failed'])} failed")
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
