#!/usr/bin/env python3
"""Watches resident memory beside live memory through time, on pigalloc and its peers.

    bench_memory.py                               all scenarios on all peers: about six minutes
    bench_memory.py --only drift --peers mi3,je   some
    bench_memory.py --commit c-tests/bench/results

The programs stand in c-tests/figures; each says how many bytes are live, and a sampler reads its resident
memory every 10 ms. At the end of its work each rests for two seconds, then calls malloc_trim(0). All figures
are over the base, which the program had before its first block. Results go to build/bench: memory.json,
memory.md, and a plot for each scenario.
"""

import argparse
import fnmatch
import json
import os
import pathlib
import sys

from bench import compare, machine, memory, plots, rounds, table
from figures import launch
from figures.allocators import ROOT

BUILT = ROOT / "build" / "bench"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="PATTERN,...", type=compare.commas, help="these scenarios")
    compare.add_arguments(parser)
    parser.add_argument("--out", type=pathlib.Path, default=BUILT, metavar="DIR")
    parser.add_argument("--commit", type=pathlib.Path, metavar="DIR", help="a second place for tables and plots")
    parser.add_argument("--no-plots", action="store_true")
    parser.add_argument("--from", dest="old", type=pathlib.Path, metavar="JSON", help="only tables and plots")
    parser.add_argument("--list", action="store_true", help="name the scenarios and end")
    return parser.parse_args()


def chosen(only):
    found = [scenario for scenario in memory.SCENARIOS
             if only is None or any(fnmatch.fnmatch(scenario.name, pattern) for pattern in only)]
    if not found:
        raise SystemExit("no such scenario (see --list)")
    return found


def measured(options):
    scenarios = chosen(options.only)
    launch.build()
    compared, about = compare.allocators(options)
    rows = []
    for number, scenario in enumerate(scenarios):
        at = number % len(compared)
        results = {}
        for allocator in compared[at:] + compared[:at]:
            rounds.tell(f"{scenario.name} on {allocator.name}")
            results[allocator.name] = memory.measure(scenario, allocator)
        rows.append({"name": scenario.name, "title": scenario.title,
                     "allocators": {allocator.name: results[allocator.name] for allocator in compared}})
    rounds.tell("")
    return {"machine": machine.describe(), "allocators": about, "scenarios": rows}


HEAD = ["", "live MB", "worst", "last", "idle 2 s", "trimmed", "peak MB", "last MB", "idle MB", "trimmed MB"]
CELLS = ("live_mb", "worst", "last", "idle", "trimmed", "peak_mb", "last_mb", "idle_mb", "trimmed_mb")


def body(scenario):
    lines = []
    for name, result in scenario["allocators"].items():
        if result["fate"]:
            lines.append([name, result["fate"], *[""] * (len(HEAD) - 2)])
        else:
            lines.append([name, *(table.shown(result[cell]) for cell in CELLS)])
    return lines


def text(results):
    for scenario in results["scenarios"]:
        yield f"{scenario['name']}: {scenario['title']} (resident/live, then resident MB)"
        yield from table.aligned(HEAD, body(scenario))
        yield ""


def report(results, drawn):
    yield "# Memory through time"
    yield ""
    yield f"{machine.one_line(results['machine'])}."
    yield ""
    yield ("Resident memory over live memory: the worst moment with at least 1 MB live, the end of the work, "
           "after two idle seconds, after malloc_trim(0); then the same in MB. All over what was resident before "
           "the first block.")
    yield ""
    yield from table.markdown(["name", "allocator", "version"],
                              [[a["name"], a["title"], a["version"]] for a in results["allocators"]])
    yield ""
    for scenario in results["scenarios"]:
        yield f"## {scenario['name']}: {scenario['title']}"
        yield ""
        yield from table.markdown(HEAD, body(scenario))
        yield ""
        for file, title in drawn:
            if file == f"memory-{scenario['name']}.svg":
                yield f"![{title}]({file})"
                yield ""


def main():
    options = arguments()
    if options.list:
        for scenario in memory.SCENARIOS:
            print(f"{scenario.name:14} {scenario.title}")
        return
    results = json.loads(options.old.read_text()) if options.old else measured(options)
    print()
    print(machine.one_line(results["machine"]))
    for line in text(results):
        print(line)
    options.out.mkdir(parents=True, exist_ok=True)
    samples = options.out / "memory.json"
    samples.write_text(json.dumps(results, ensure_ascii=False) + "\n")
    for place in filter(None, (options.out, options.commit)):
        place.mkdir(parents=True, exist_ok=True)
        drawn = [] if options.no_plots else plots.draw("memory", samples, place)
        (place / "memory.md").write_text("\n".join(report(results, drawn)).rstrip() + "\n")
        print(f"bench-memory: wrote memory.md{f' and {len(drawn)} plots' if drawn else ''} to "
              f"{os.path.relpath(place)}", file=sys.stderr)


if __name__ == "__main__":
    main()
