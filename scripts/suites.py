#!/usr/bin/env python3
"""Runs existing C test suites on an allocator by LD_PRELOAD; what passes without it must pass with it.

    suites.py                     all suites: sources by apt-get source, built once, about half an hour
    suites.py --only redis,zlib   some of them (names: suites.py --list)
    suites.py --quick             the short form: two small suites, under two minutes to build
    suites.py --lib PATH          another object than target/release/libpigalloc.so

Sources and what is built of them are kept in the folder that SUITES_DIR names, ~/.cache/pigalloc-suites without
it; removing a suite's folder there fetches it anew. Packages that a suite is built with come by apt-get where the
user is root, and are named otherwise. Before a suite counts, the loader's account of its programs tells that
malloc really ends in the object. A test that passes without and fails with the preload is run once more, alone,
on both. What failed is kept in build/suites. The last line is `N passed, N failed, N skipped`, counting suites;
the exit status is 1 if one failed, or none passed in the full form.
"""

import argparse
import os
import pathlib
import resource
import shutil
import sys

from bench import packages
from figures import allocators
from suites import catalog, compare, prepare
from suites.sources import Sources, Unavailable, folder

KEPT = allocators.ROOT / "build" / "suites"
SHOWN = 6


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lib", type=pathlib.Path, default=allocators.OURS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", metavar="SUITE,...")
    parser.add_argument("--tests", metavar="TEXT,...", help="only tests whose name contains one of these")
    parser.add_argument("--list", action="store_true", help="name the suites, and what of them is left out, and end")
    return parser.parse_args()


def chosen(options):
    names = {suite.name for suite in catalog.SUITES}
    wanted = set(options.only.split(",")) if options.only else names
    if wanted - names:
        raise SystemExit(f"{', '.join(sorted(wanted - names))}: no such suite (see --list)")
    return [suite for suite in catalog.SUITES if suite.name in wanted and (suite.quick or not options.quick)]


def show_list():
    for suite in catalog.SUITES:
        print(f"{suite.name}{' (in the short form, too)' if suite.quick else ''}")
        for what, why in suite.left_out.items():
            print(f"    without {what}: {why}")


def tell(outcome):
    """Keeps the output of what failed; returns lines that tell of it."""
    lines = []
    for test, case in outcome.differ:
        for side, word in ((outcome.plain, "without"), (outcome.with_it, "with")):
            ended = side.ended[test.name]
            path = KEPT / f"{outcome.suite.name}-{test.name.replace('/', '-')}.{word}"
            path.write_text(f"{ended.fate}, {ended.seconds:.1f} s\n{ended.text}")
        last = [line for line in outcome.with_it.ended[test.name].text.splitlines() if line.strip()][-1:]
        said = [line for line in outcome.with_it.ended[test.name].text.splitlines() if line.startswith("pigalloc: ")]
        lines.append(f"{outcome.suite.name}: {compare.title(test, case)} fails with it: "
                     f"{(said[:1] or last or ['nothing said'])[0][:200]}")
    for test, case in outcome.unsteady:
        lines.append(f"{outcome.suite.name}: {compare.title(test, case)} failed with it once, and not again")
    if outcome.wrong:
        lines.append(f"{outcome.suite.name}: {outcome.wrong}")
    return lines


def row(outcome):
    if outcome.plain is None:
        return [outcome.suite.name, outcome.version, "", "", "", "FAILED" if outcome.failed else "skipped", "", ""]
    names = [compare.title(test, case) for test, case in outcome.differ]
    shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    plain, with_it = outcome.plain, outcome.with_it
    return [outcome.suite.name, outcome.version, str(plain.passed() + plain.failed()), str(plain.passed()),
            str(with_it.passed()), shown or "none", f"{plain.seconds:.0f}", f"{with_it.seconds:.0f}"]


def print_table(outcomes, name):
    head = ["suite", "version", "tests", "passed without", f"with {name}", "differ", "s without", "s with"]
    lines = [head, *map(row, outcomes)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        print("  ".join(cell.ljust(width) if i in (0, 1, 5) else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))).rstrip())


def run(suite, options, allocator, where, apt, lacking):
    outcome = compare.Outcome(suite)
    outcome.skipped = lacking.get(suite.name)
    if outcome.skipped:
        return outcome
    try:
        tree, outcome.version = prepare.ready(suite, where, apt)
    except (Unavailable, prepare.Failed) as trouble:
        outcome.skipped = str(trouble)
        return outcome
    tests = [test for test in suite.tests(tree)
             if not options.tests or any(text in test.name for text in options.tests.split(","))]
    compare.compare(outcome, tree, tests, allocator)
    return outcome


def main():
    options = arguments()
    if options.list:
        show_list()
        return 0
    if not options.lib.is_file():
        raise SystemExit(f"{options.lib}: no such file (make build)")
    allocator = allocators.Allocator(allocators.name_of(options.lib), options.lib.resolve())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    suites = chosen(options)
    where = folder()
    where.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir(parents=True)
    lacking = {suite.name: f"{', '.join(packages.missing(suite))} not installed"
               for suite in suites if packages.missing(suite)}
    if lacking and not options.quick and os.geteuid() == 0:
        lacking = packages.install(suites)
    apt = Sources(where)
    outcomes = []
    for suite in suites:
        outcomes.append(run(suite, options, allocator, where, apt, lacking))
        for line in tell(outcomes[-1]):
            print(line, flush=True)
    print_table(outcomes, allocator.name)
    for outcome in outcomes:
        if outcome.skipped:
            print(f"skipped: {outcome.suite.name}: {outcome.skipped}")
    failed = sum(outcome.failed for outcome in outcomes)
    skipped = sum(bool(outcome.skipped) for outcome in outcomes)
    passed = len(outcomes) - failed - skipped
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or (not passed and not options.quick) else 0


if __name__ == "__main__":
    sys.exit(main())
