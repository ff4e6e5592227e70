"""Medians over the rounds, the printed table, the JSON file."""

import collections
import json
import os
import platform
import statistics
import time

QUIET = 0.25  # processors used by other programs, at most, for a timed run to count


class Sheet:
    """All cells of all rounds, by row and allocator."""

    def __init__(self):
        self.cells = collections.defaultdict(list)  # (row, allocator) -> [(cell, busy)]
        self.details = collections.defaultdict(list)  # (command, allocator) -> [dict]

    def add(self, row, allocator, cell, busy=0.0):
        self.cells[row, allocator].append((cell, busy))

    def middle(self, row, allocator):
        """The median of the quiet runs, of all if none was quiet; the commonest word if there are words."""
        runs = self.cells.get((row, allocator))
        if not runs:
            return None
        cells = [cell for cell, busy in runs if busy <= QUIET] or [cell for cell, _ in runs]
        words = [cell for cell in cells if isinstance(cell, str)]
        if words and len(words) * 2 >= len(cells):
            return collections.Counter(words).most_common(1)[0][0]
        return statistics.median(cell for cell in cells if not isinstance(cell, str))

    def disturbed(self):
        return sum(busy > QUIET for runs in self.cells.values() for _, busy in runs)


def shown(cell):
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or abs(cell) >= 1000:
        return f"{cell:,.0f}"
    places = 0 if abs(cell) >= 100 else 1 if abs(cell) >= 10 else 2
    return f"{cell:.{places}f}"


def table(sheet, rows, allocators):
    """Lines of the table: a row each, an allocator a column."""
    head = ["", *(a.name for a in allocators)]
    body = [[f"{row.title}{', ' + row.unit if row.unit else ''}",
             *(shown(sheet.middle(row.name, a.name)) for a in allocators)] for row in rows]
    widths = [max(len(line[i]) for line in [head, *body]) for i in range(len(head))]
    for line in [head, *body]:
        cells = [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]
        yield "  ".join(cells).rstrip()


def as_json(sheet, rows, allocators, rounds, loads):
    return json.dumps({
        "kernel": platform.release(),
        "libc": " ".join(platform.libc_ver()),
        "processors": os.cpu_count(),
        "date": time.strftime("%Y-%m-%d"),
        "rounds": rounds,
        "load_before_after": loads,
        "disturbed_cells": sheet.disturbed(),
        "allocators": {a.name: str(a.path.name) if a.path else "libc" for a in allocators},
        "rows": [{
            "name": row.name, "title": row.title, "unit": row.unit,
            "cells": {a.name: sheet.middle(row.name, a.name) for a in allocators},
            "runs": {a.name: [cell for cell, _ in sheet.cells.get((row.name, a.name), ())] for a in allocators},
        } for row in rows],
        "details": [{"command": command, "allocator": name, "runs": runs}
                    for (command, name), runs in sheet.details.items()],
    }, indent=1, ensure_ascii=False) + "\n"
