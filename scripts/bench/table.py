"""The results as tables: plain text for the terminal, Markdown for a file."""

from .machine import one_line
from .peers import OUR_NAME, TITLES

LIMIT = 1.05  # to the best peer; above it, a row is marked


def shown(ratio):
    if ratio is None:
        return "–"
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"


def names_of(results):
    return [allocator["name"] for allocator in results["allocators"]]


def absolute(row, name, measure):
    """The median with its unit, for the column of the reference."""
    value = row["medians"].get(name, {}).get(measure)
    if value is None:
        return "–"
    if measure in ("wall", "cpu"):
        return f"{value:.2f}s"
    if measure == "peak_mb":
        return f"{value:.0f}M" if value >= 10 else f"{value:.1f}M"
    return f"{value:.0f}"


def cell(row, name, measure):
    figures = row["medians"][name]
    if figures["fate"]:
        return figures["fate"].split(":")[0]
    mark = "~" if figures["disturbed"] and figures["runs"] == figures["disturbed"] else ""
    return mark + shown(row["to_reference"][measure][name])


def verdict(row, measure):
    """pigalloc to the best peer, and which that is."""
    best = row["best_peer"][measure]
    own = row["to_best_peer"][measure].get(OUR_NAME) if best else None
    if own is None:
        return "", ""
    return shown(own) + ("!" if own > LIMIT else " "), best


def body(results, measure):
    """Head and rows of the table of one measure."""
    names, base = names_of(results), results["reference"]
    ours = OUR_NAME in names
    head = ["", *names, base, *([f"{OUR_NAME}/best", "best"] if ours else [])]
    lines = []
    for group in ("stress", "real"):
        for row in results["workloads"]:
            if row["group"] != group:
                continue
            threads = f" ×{row['threads']}" if row["threads"] > 1 else ""
            lines.append([row["name"] + threads, *(cell(row, name, measure) for name in names),
                          absolute(row, base, measure), *(verdict(row, measure) if ours else ())])
    return head, lines


def means(results):
    """Head and rows of the geometric means, and of the worst row of each allocator."""
    names = names_of(results)
    lines = []
    for mean in results["geomeans"]:
        cells = []
        for name in names:
            figures = mean["allocators"][name]
            cells.append(shown(figures["ratio"]) + (f" (−{figures['missing']})" if figures["missing"] else ""))
        lines.append([mean["title"], *cells])
    for title, measure in (("worst row, time to best peer", "wall"), ("worst row, memory to best peer", "peak_mb")):
        worst = []
        for name in names:
            ratios = [row["to_best_peer"][measure].get(name) for row in results["workloads"]]
            worst.append(shown(max((value for value in ratios if value), default=None)))
        lines.append([title, *worst])
    return ["geometric means", *names], lines


def aligned(head, lines):
    widths = [max(len(line[at]) for line in [head, *lines]) for at in range(len(head))]
    for line in [head, *lines]:
        cells = [line[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(line[1:], widths[1:]))]
        yield "  ".join(cells).rstrip()


def markdown(head, lines):
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'---:|' * (len(head) - 1)}"
    for line in lines:
        yield f"| {' | '.join(text.strip() for text in line)} |"


def notes(results):
    samples = [sample for row in results["workloads"] for runs in row["samples"].values() for sample in runs]
    repeated = sum(sample["repeated"] for sample in samples)
    disturbed = sum(sample["disturbed"] for sample in samples)
    yield (f"{results['rounds']} rounds of {len(results['workloads'])} workloads at scale {results['scale']:g}, "
           f"order rotated, medians; load before: {results['load_before']:.2f}")
    if repeated:
        yield f"{repeated} runs beside other work were dropped and repeated"
    if disturbed:
        yield (f"{disturbed} runs of {len(samples)} stood beside other work even then: they do not count, except "
               "where there is no other (~)")
    failed = [f"{row['name']} on {name}: {figures['fate']}" for row in results["workloads"]
              for name, figures in row["medians"].items() if figures["fate"]]
    yield from failed


HEADS = (
    ("wall", "Time, ratio to {base} (less is better)"),
    ("peak_mb", "Peak resident memory, ratio to {base} (less is better)"),
    ("cpu", "Processor time (user + system), ratio to {base}"),
    ("faults", "Minor page faults, ratio to {base}"),
)


def text(results, everything=False):
    """Lines for the terminal: time and memory, with `everything` also processor time and faults."""
    for measure, title in HEADS if everything else HEADS[:2]:
        yield title.format(base=TITLES.get(results["reference"], results["reference"]))
        yield from aligned(*body(results, measure))
        yield ""
    yield from aligned(*means(results))
    yield ""
    yield from (f"({note})" for note in notes(results))


def report(results, plots):
    """Lines of the Markdown file: machine, allocators, means, plots, all tables."""
    yield "# Results of the bench"
    yield ""
    yield f"{one_line(results['machine'])}."
    yield ""
    yield from (f"- {note}" for note in notes(results))
    yield ""
    yield from markdown(["name", "allocator", "version"],
                        [[a["name"], a["title"], a["version"]] for a in results["allocators"]])
    yield ""
    yield from markdown(*means(results))
    yield ""
    for file, title in plots:
        yield f"![{title}]({file})"
        yield ""
    for measure, title in HEADS:
        yield f"## {title.format(base=TITLES.get(results['reference'], results['reference']))}"
        yield ""
        yield from markdown(*body(results, measure))
        yield ""
    yield "The workloads:"
    yield ""
    yield from (f"- `{row['name']}`: {row['title']}" for row in results["workloads"])
