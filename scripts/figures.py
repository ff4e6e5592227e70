#!/usr/bin/env python3
"""Measures what allocators cost beside time: memory with many threads, what goes back, limits, stack,
start-up.

    figures.py                                 pigalloc as built, and the system's malloc
    figures.py --peers DIR                     also each *.so of DIR (Google tcmalloc's must be called tc.so)
    figures.py NAME=PATH ...                   also these
    figures.py --only drift,burst --rounds 3   some rows (see --list), medians of three rounds

The programs stand in c-tests/figures, one for each case, and say at their top what they do. A full round
takes about one minute per allocator and up to 3 GB of memory. The order of the allocators rotates with each
round, and timed runs beside other work do not count if there are quiet ones.
"""

import argparse
import os
import pathlib
import sys

from figures import allocators, launch, report, rows


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("named", nargs="*", metavar="NAME=PATH", help="an allocator to compare with")
    parser.add_argument("--lib", type=pathlib.Path, help="the object under test (default: as built)")
    parser.add_argument("--peers", type=pathlib.Path, metavar="DIR", help="a folder of preloadable *.so")
    parser.add_argument("--only", metavar="ROW,...", help="these rows only; an end * stands for anything")
    parser.add_argument("--rounds", type=int, default=1, metavar="N")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="all cells of all rounds")
    parser.add_argument("--list", action="store_true", help="name the rows and end")
    return parser.parse_args()


def chosen_rows(only):
    if only is None:
        return list(rows.ROWS)
    chosen = []
    for wanted in only.split(","):
        found = [row for row in rows.ROWS
                 if row.name == wanted or wanted.endswith("*") and row.name.startswith(wanted[:-1])]
        if not found:
            raise SystemExit(f"{wanted}: no such row (see --list)")
        chosen += found
    return [row for row in rows.ROWS if row in chosen]


def tell(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def one_round(sheet, wanted, order):
    names = {row.name for row in wanted}
    for probe in rows.PROBES:
        if names.isdisjoint(row.name for row in probe.rows):
            continue
        for allocator in order:
            tell(f"{' '.join(probe.command)} on {allocator.name}")
            cells, details, run = rows.run_probe(probe, allocator)
            sheet.details[" ".join(probe.command), allocator.name].append(details)
            for name, cell in cells.items():
                sheet.add(name, allocator.name, cell, run.busy if probe.timed else 0.0)
    if rows.CGROUP_ROW.name in names:
        for allocator in order:
            tell(f"cgroup on {allocator.name}")
            cell, details = rows.run_cgroup(allocator)
            sheet.add(rows.CGROUP_ROW.name, allocator.name, cell)
            sheet.details["cgroup", allocator.name].append(details)
    for allocator in order:
        if rows.SIZE_ROW.name in names:
            sheet.add(rows.SIZE_ROW.name, allocator.name, rows.size_of(allocator))
        if rows.CALLS_ROW.name in names:
            sheet.add(rows.CALLS_ROW.name, allocator.name, rows.system_calls(allocator))
    if rows.TRUE_ROW.name in names:
        tell("spawn_true")
        times = rows.spawn_times(order)
        for name, cell in rows.spawn_cells(times).items():
            sheet.add(rows.TRUE_ROW.name, name, cell)
            sheet.details["spawn_true", name].append({"microseconds": times[name]})


def notes(sheet):
    if any(run.get("by") == "peak RSS" for (command, _), runs in sheet.details.items() if command == "cgroup"
           for run in runs):
        yield f"no control group can be made here: peak RSS against {rows.CGROUP_MB} MB decides that row"
    if sheet.disturbed():
        yield f"{sheet.disturbed()} timed runs stood beside other work"


def main():
    options = arguments()
    if options.list:
        for row in rows.ROWS:
            print(f"{row.name:18} {row.title}")
        return
    lib = options.lib or (allocators.OURS if allocators.OURS.is_file() else None)
    if lib is None:
        print(f"{allocators.OURS.name} is not built (make build): the others alone", file=sys.stderr)
    compared = allocators.gather(lib, options.named, options.peers)
    wanted = chosen_rows(options.only)
    launch.build()
    sheet = report.Sheet()
    load_before = os.getloadavg()[0]
    for turn in range(options.rounds):
        at = turn % len(compared)
        one_round(sheet, wanted, compared[at:] + compared[:at])
    tell("")
    for line in report.table(sheet, wanted, compared):
        print(line)
    for note in notes(sheet):
        print(f"({note})")
    if options.json:
        loads = [load_before, os.getloadavg()[0]]
        options.json.write_text(report.as_json(sheet, wanted, compared, options.rounds, loads))


if __name__ == "__main__":
    main()
