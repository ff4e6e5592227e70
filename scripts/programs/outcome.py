"""What became of each program, and the table of all."""

import statistics

from figures import report

HEAD = ("program", "kind", "same", "malloc", "time", "peak", "s without", "s with", "MB without", "MB with")
WORDS = 4  # columns of words, the rest are figures


def fate(run):
    """How a run ended, with the end of what it complained."""
    tail = run.err.decode(errors="replace").strip().splitlines()[-3:]
    return f"{run.fate}: {' | '.join(tail)}"


def difference(plain, other):
    """What is not the same in two runs, or None."""
    if not other.ok or plain.exit != other.exit:
        return fate(other)
    if b"pigalloc:" in other.err:
        return next(line for line in other.err.decode(errors="replace").splitlines() if "pigalloc:" in line)
    if plain.out != other.out:
        lines = zip(plain.out.splitlines() + [b"(end)"], other.out.splitlines() + [b"(end)"])
        left, right = next(pair for pair in lines if pair[0] != pair[1])
        return f"without: {left[:100].decode(errors='replace')} | with: {right[:100].decode(errors='replace')}"
    return None


class Outcome:
    """What became of one program."""

    def __init__(self, program):
        self.program = program
        self.skipped = None  # why
        self.failed = None  # how
        self.notes = []  # what the table must say beside
        self.plain, self.preloaded = [], []  # Runs

    def _middles(self, key):
        return [statistics.median(getattr(run, key) for run in runs) if runs else None
                for runs in (self.plain, self.preloaded)]

    def cells(self):
        verdict = "skipped" if self.skipped else "NO" if self.failed else "yes"
        # An executable that shows nothing but loading is named below the table.
        own = set(self.program.shows) <= set(self.program.own)
        malloc = "" if self.skipped else "loaded" if own and self.notes else "used"
        pairs = [self._middles("wall"), self._middles("peak_mb")]
        ratios = [f"{there / before:.2f}" if before and there else "" for before, there in pairs]
        return [self.program.name, self.program.kind, verdict, malloc, *ratios,
                *(report.shown(middle) for pair in pairs for middle in pair)]

    def line(self):
        """One line while others still run."""
        return " ".join(filter(None, [*self.cells(), self.failed or self.skipped]))


def print_table(outcomes):
    lines = [HEAD, *(outcome.cells() for outcome in outcomes)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    for line in lines:
        print("  ".join(cell.ljust(width) if i < WORDS else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))).rstrip())
    for outcome in outcomes:
        if outcome.skipped or outcome.failed:
            print(f"{outcome.program.name}: {outcome.failed or 'skipped: ' + outcome.skipped}")
        for note in outcome.notes:
            print(f"{outcome.program.name}: {note}")
