#!/usr/bin/env python3
"""Counts the instructions that each operation of malloc's family takes, and holds them against limits.

    scripts/count.py                    libpigalloc.so as built; fails where a limit of count/limits.json is exceeded
    scripts/count.py --lib system       another allocator: a table, no limits
    scripts/count.py --update           writes the counts to count/table.json, the committed record

Callgrind counts. An operation's count is the difference of two runs that differ in the number of operations alone, so that
start-up and warm-up cancel out. It is deterministic, and includes the loop and two calls through the PLT,
about 10 instructions. `budget` is what the design aims at; `limit` is what fails; `recorded` is the committed
record.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "scripts" / "count"
PROGRAM = ROOT / "build" / "count" / "ops"
LIMITS, TABLE = HERE / "limits.json", HERE / "table.json"
FEW, MANY = 10_000, 110_000
FLAGS = ["-std=gnu11", "-O2", "-g", "-fno-builtin", "-pthread", "-Wall", "-Wextra"]

EXPLAINED = {
    "pair-64": "malloc + free, 64 bytes",
    "lifo-64": "100 blocks of 64 bytes, freed in reverse",
    "fifo-64": "100 blocks of 64 bytes, freed in order",
    "random": "one of 1,000 blocks of 8 to 1,031 bytes replaced",
    "calloc-64": "calloc + free, 64 bytes",
    "pair-4000": "malloc + free, 4,000 bytes",
    "pair-40000": "malloc + free, 40,000 bytes",
    "remote-64": "freed by another thread, 64 bytes",
    "realloc-1000": "realloc in place, 1,000 bytes",
    "aligned-200": "aligned_alloc(64, 200) + free",
}


class Failed(Exception):
    pass


def build():
    PROGRAM.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", *FLAGS, "-o", PROGRAM, HERE / "ops.c"], check=True)


def instructions(operation, count, lib):
    """Instructions of one whole run of ops."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIGALLOC_")}
    environment.pop("LD_PRELOAD", None)
    if lib:
        environment["LD_PRELOAD"] = str(lib)
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", PROGRAM, operation, str(count)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", timeout=600)
    collected = re.search(r"Collected\s*:\s*(\d+)", run.stderr)
    if run.returncode != 0 or not collected:
        raise Failed(f"{operation}: valgrind ended with {run.returncode}:\n{run.stderr[-2000:]}")
    if lib and "cannot be preloaded" in run.stderr:
        raise Failed(f"{operation}: {lib} cannot be preloaded")
    return int(collected[1])


def per_operation(operation, lib):
    return (instructions(operation, MANY, lib) - instructions(operation, FEW, lib)) / (MANY - FEW)


def count_all(operations, lib):
    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        counts = pool.map(lambda operation: per_operation(operation, lib), operations)
        return {operation: round(count, 1) for operation, count in zip(operations, counts)}


def show(counts, limits, recorded, limited):
    width = max(map(len, EXPLAINED.values()))
    print(f"{'operation':14}{'':{width}}{'counted':>10}{'recorded':>10}{'budget':>9}{'limit':>9}")
    for operation, count in counts.items():
        budget, limit = (limits[operation][key] for key in ("budget", "limit"))
        mark = "  above the limit" if limited and count > limit else ""
        before = recorded.get(operation)
        print(f"{operation:14}{EXPLAINED[operation]:{width}}{count:10.1f}"
              f"{'-' if before is None else f'{before:.1f}':>10}{budget:9g}{limit:9g}{mark}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lib", default=ROOT / "target/release/libpigalloc.so", help="an object to preload, or `system`")
    parser.add_argument("--update", action="store_true", help="write the committed record")
    parser.add_argument("--only", nargs="+", choices=EXPLAINED, metavar="OPERATION", help="some operations")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed (package valgrind), so no instructions are counted")
        return 0
    lib = None if str(options.lib) == "system" else Path(options.lib).resolve()
    if lib and not lib.exists():
        sys.exit(f"count: {lib} is not there: run `make build` first")
    limits = json.loads(LIMITS.read_text())
    recorded = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    build()
    try:
        counts = count_all(options.only or list(limits), lib)
    except (Failed, subprocess.TimeoutExpired) as error:
        sys.exit(f"count: {error}")
    limited = lib is not None and lib.name.startswith("libpigalloc.so")
    show(counts, limits, recorded, limited)
    if options.update:
        TABLE.write_text(json.dumps(recorded | counts, indent=4) + "\n")
        print(f"written to {TABLE.relative_to(ROOT)}")
    above = [operation for operation, count in counts.items() if count > limits[operation]["limit"]]
    if above and limited:
        print(f"count: above the limit: {', '.join(above)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
