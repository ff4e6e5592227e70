#!/usr/bin/env python3
"""What allocators make of misuse: every kind of it, on pigalloc, glibc and the peers that are built.

    misuse.py                    pigalloc and all that are there (make peers)
    misuse.py --quick            pigalloc and glibc
    misuse.py --peers mi3,je     pigalloc, glibc and these
    misuse.py --lib PATH         another object than target/release/libpigalloc.so
    misuse.py --commit README.md write the table between the markers in that file

A variant is a program of c-tests/misuse, run once for each of its cases (sizes, places). Of pigalloc the exact
message, pointer and signal are asserted, as the C tests do; what the others do is only recorded. Where the
program could go on, it allocates up to 20,000 more blocks and looks whether any of them overlaps memory that
is in use. Each case stands in build/misuse/results.json. The last line is `N passed, N failed`: pigalloc's
cases.
"""

import argparse
import collections
import json
import pathlib
import sys

from bench import peers
from figures.allocators import OURS, ROOT, SYSTEM
from misuse import catalog, judge

PEERS = ("mi3", "mi2", "je", "sn", "scudo", "hml")
RESULTS = ROOT / "build" / "misuse" / "results.json"
BEGIN, END = "<!-- misuse: begin -->", "<!-- misuse: end -->"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lib", type=pathlib.Path, default=OURS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peers", metavar="NAME,...", help=f"of {', '.join(PEERS)}, or other built ones")
    parser.add_argument("--commit", type=pathlib.Path, metavar="FILE")
    return parser.parse_args()


def chosen(options):
    """pigalloc, glibc, and the peers that are asked for and there."""
    wanted = [] if options.quick else options.peers.split(",") if options.peers else list(PEERS)
    found = peers.choose(peers.folder(), [SYSTEM.name, *wanted], False)
    absent = [name for name in wanted if name not in [allocator.name for allocator in found]]
    if absent:
        print(f"not built: {', '.join(absent)} (make peers)", file=sys.stderr)
    return [peers.ours(options.lib), *found]


def rows(tests, words):
    """(title, cells) for each line of the table; the head of a group has no cells."""
    for group, variants in catalog.GROUPS:
        yield group, None
        for variant in variants:
            names = [test.name for test in tests[variant]]
            yield variant.title, [str(len(names)), *(judge.summary([of[name] for name in names]) for of in words)]


def totals(words):
    """A line for each outcome: of how many cases."""
    counts = [collections.Counter(of.values()) for of in words]
    for word in [*judge.OUTCOMES, judge.NONE]:
        if any(count[word] for count in counts):
            yield word, ["", *(str(count[word]) for count in counts)]


def plain(head, lines):
    """The table for a terminal."""
    widths = [max(len(line[i]) for line in [head, *lines] if len(line) > 1) for i in range(len(head))]
    for line in [head, *lines]:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() if len(line) > 1 else line[0]


def markdown(head, lines):
    """The table for a file."""
    yield "| " + " | ".join(head) + " |"
    yield "|---|---:|" + "---|" * (len(head) - 2)
    for line in lines:
        cells = line if len(line) > 1 else [f"**{line[0]}**", *[""] * (len(head) - 1)]
        yield "| " + " | ".join(cells) + " |"


def write(file, text):
    """Replaces what stands between the markers."""
    before, begin, rest = file.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{file}: the markers {BEGIN} and {END} are not both there")
    file.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def main():
    options = arguments()
    allocators = chosen(options)
    judge.build()
    tests = {variant: judge.cases(variant) for variant in catalog.variants()}
    every = [test for variant in tests.values() for test in variant]
    words, problems = [], []
    for allocator in allocators:
        asserted = allocator.name == peers.OUR_NAME
        of, wrong = judge.run_all(every, allocator.path, asserted)
        words.append(of)
        problems += wrong
    titles = [peers.TITLES.get(allocator.name, allocator.name) for allocator in allocators]
    head = ["", "cases", *titles]
    body = [[title, *cells] if cells else [title] for title, cells in rows(tests, words)]
    body += [[f"All {len(every)} cases"], *([word, *cells] for word, cells in totals(words))]
    print("\n".join(plain(head, body)))
    for word, meaning in judge.OUTCOMES.items():
        print(f"{word}: {meaning}")
    for problem in problems:
        print(f"FAIL {problem}")
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({a.name: of for a, of in zip(allocators, words)}, indent=1) + "\n")
    if options.commit and not problems:
        write(options.commit, "\n".join(markdown(head, body)))
    print(f"{len(every) - len(problems)} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
