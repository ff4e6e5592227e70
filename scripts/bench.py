#!/usr/bin/env python3
"""Runs pigalloc beside its peers on stress programs and real programs, and tabulates time and memory.

    bench.py                                everything, 5 rounds
    bench.py --quick                        the short bench: under 5 minutes
    bench.py --only larson*,redis           some workloads (see --list)
    bench.py --peers mi3,je                 some peers; `system` is glibc's malloc
    bench.py --also base=/path/to/old.so    another build beside the one under test
    bench.py --commit c-tests/bench/results writes the tables and plots that the README shows

Each round runs each workload on each allocator once, in an order that rotates. Memory is touched and freed
before a run, so that fresh pages cost all the same. A run beside other work is dropped and repeated. Results
go to build/bench: results.json with every sample, results.md, and plots. The peers are built once, from
package registries, by scripts/peers.py.
"""

import argparse
import fnmatch
import importlib
import json
import os
import pathlib
import subprocess
import sys

from bench import compare, machine, packages, plots, rounds, summary, table
from figures import launch
from figures.allocators import ROOT

BUILT = ROOT / "build" / "bench"
TROUBLE = (OSError, RuntimeError, ValueError, subprocess.SubprocessError)
QUICK_SCALE = 0.3
QUICK_ROUNDS = 3
QUICK_SECONDS = 240  # no further round is begun that would end later
ROUNDS = 5
GROUPS = (("stress", "STRESS"), ("real", "REAL"))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="PATTERN,...", type=compare.commas, help="these workloads")
    parser.add_argument("--group", choices=[group for group, _ in GROUPS], help="one kind of workload")
    compare.add_arguments(parser)
    parser.add_argument("--quick", action="store_true", help="fewer workloads and peers, less work")
    parser.add_argument("--rounds", type=int, metavar="N")
    parser.add_argument("--scale", type=float, metavar="X", help="of the amount of work of stress programs")
    parser.add_argument("--out", type=pathlib.Path, default=BUILT, metavar="DIR")
    parser.add_argument("--commit", type=pathlib.Path, metavar="DIR", help="a second place for tables and plots")
    parser.add_argument("--all-tables", action="store_true", help="also print processor time and page faults")
    parser.add_argument("--no-plots", action="store_true")
    parser.add_argument("--from", dest="old", type=pathlib.Path, metavar="JSON", help="only tables and plots")
    parser.add_argument("--list", action="store_true", help="name the workloads and end")
    return parser.parse_args()


def every_workload(wanted=None):
    return [workload for group, name in GROUPS if wanted in (None, group)
            for workload in getattr(importlib.import_module(f"bench.{group}"), name)]


def chosen(options):
    found = every_workload(options.group)
    if options.only is not None:
        for pattern in options.only:
            if not any(fnmatch.fnmatch(workload.name, pattern) for workload in found):
                raise SystemExit(f"{pattern}: no such workload (see --list)")
        return [w for w in found if any(fnmatch.fnmatch(w.name, pattern) for pattern in options.only)]
    return [workload for workload in found if workload.quick] if options.quick else found


def prepared(workloads, folder):
    """{workload name: why it is skipped}, after installing what is missing and writing the inputs."""
    skipped = packages.install(workloads)
    folder.mkdir(parents=True, exist_ok=True)
    for workload in workloads:
        if workload.name not in skipped and workload.prepare is not None:
            rounds.tell(f"inputs of {workload.name}")
            try:
                workload.prepare(folder)
            except TROUBLE as trouble:
                skipped[workload.name] = f"its inputs could not be made: {trouble}"
    rounds.tell("")
    return skipped


def build(workloads):
    launch.build()
    if any(workload.group == "stress" for workload in workloads):
        importlib.import_module("bench.stress").build()


def write(results, options):
    """results.json with every sample; results.md and the plots, also into the place to be committed."""
    options.out.mkdir(parents=True, exist_ok=True)
    samples = options.out / "results.json"
    samples.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    for place in filter(None, (options.out, options.commit)):
        place.mkdir(parents=True, exist_ok=True)
        drawn = [] if options.no_plots else plots.draw("results", samples, place)
        (place / "results.md").write_text("\n".join(table.report(results, drawn)) + "\n")
        print(f"bench: wrote {', '.join(sorted(path.name for path in place.iterdir() if path.is_file()))} "
              f"to {os.path.relpath(place)}", file=sys.stderr)


def measured(options):
    workloads = chosen(options)
    build(workloads)
    inputs = BUILT / "inputs"
    skipped = prepared(workloads, inputs)
    compared, about = compare.allocators(options, options.quick)
    for name, reason in skipped.items():
        print(f"bench: skipped {name}: {reason}", file=sys.stderr)
    ready = [workload for workload in workloads if workload.name not in skipped]
    if not ready:
        raise SystemExit("bench: nothing to run")
    scale = options.scale or (QUICK_SCALE if options.quick else 1.0)
    count = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    turns = rounds.Rounds(ready, compared, inputs, scale)
    turns.run(count, QUICK_SECONDS if options.quick else None)
    return summary.results(turns, machine.describe(), about)


def main():
    options = arguments()
    if options.list:
        for workload in every_workload(options.group):
            print(f"{workload.name:20} {workload.group:7} {'quick' if workload.quick else '':6} {workload.title}")
        return
    results = json.loads(options.old.read_text()) if options.old else measured(options)
    print()
    print(machine.one_line(results["machine"]))
    for line in table.text(results, options.all_tables):
        print(line)
    write(results, options)


if __name__ == "__main__":
    main()
