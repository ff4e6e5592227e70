"""Draws the plots of a result as SVG: draw.py results|memory FILE.json FOLDER. Needs matplotlib.

The last line of output is a JSON list of [file, title]. pigalloc stands out in colour; its peers are told
apart by names beside their marks, or by hue where lines cross.
"""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as pyplot  # noqa: E402 (the backend is chosen first)

OURS = "pigalloc"
STRONG, SOFT, INK, GRID = "#d1495b", "#9aa5b1", "#2b2d42", "#e3e6ea"
HUES = ("#1f77b4", "#2a9d8f", "#e9a23b", "#7b5ea7", "#8c6d46", "#4cae4f", "#17becf", "#b5838d", "#6c757d", "#a1b52a")

pyplot.rcParams.update({
    "svg.hashsalt": "pigalloc", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10,
    "figure.facecolor": "white", "axes.edgecolor": SOFT, "axes.labelcolor": INK, "text.color": INK,
    "xtick.color": INK, "ytick.color": INK, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "grid.color": GRID, "axes.axisbelow": True, "legend.frameon": False,
})


def colour(name):
    return STRONG if name == OURS else SOFT


def titles(results):
    return {allocator["name"]: allocator["title"] for allocator in results["allocators"]}


def save(figure, place, file):
    figure.savefig(place / file, metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)
    # Lines without blanks at their ends, as the rest of the repository.
    text = (place / file).read_text()
    (place / file).write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n")


def bars(results, place):
    """Geometric means of time: a panel for each group of workloads, the fastest first."""
    means = [mean for mean in results["geomeans"] if mean["measure"] == "wall"]
    title_of = titles(results)
    figure, panels = pyplot.subplots(1, len(means), figsize=(4.4 * len(means), 3.6), squeeze=False)
    for panel, mean in zip(panels[0], means):
        ranked = sorted(((figures["ratio"], name) for name, figures in mean["allocators"].items()
                         if figures["ratio"]), reverse=True)
        names = [name for _, name in ranked]
        values = [value for value, _ in ranked]
        drawn = panel.barh([title_of[name] for name in names], values, height=0.7,
                           color=[colour(name) for name in names])
        panel.bar_label(drawn, [f"{value:.2f}" for value in values], padding=3)
        panel.axvline(1, color=INK, linewidth=0.8)
        panel.set_xlim(0, max(values) * 1.15)
        panel.set_title(mean["title"], loc="left", fontsize=11)
        panel.grid(axis="y", visible=False)
    figure.supxlabel(f"geometric mean, ratio to {title_of[results['reference']]} (less is better)", fontsize=10)
    figure.tight_layout()
    save(figure, place, "time.svg")
    return "time.svg", "Time: geometric means over the workloads"


def time_and_memory(results, place):
    """Each allocator a point: time of everything beside peak memory of everything."""
    title_of = titles(results)
    figure, axes = pyplot.subplots(figsize=(6.4, 4.6))
    memory = next((mean for mean in results["geomeans"] if mean["title"] == "peak memory, all"), None)
    for allocator in results["allocators"]:
        name = allocator["name"]
        ratios = [row["to_reference"]["wall"][name] for row in results["workloads"]
                  if row["to_reference"]["wall"].get(name)]
        if not ratios or memory["allocators"][name]["ratio"] is None:
            continue
        time = 1.0
        for ratio in ratios:
            time *= ratio ** (1 / len(ratios))
        peak = memory["allocators"][name]["ratio"]
        axes.scatter(time, peak, s=90 if name == OURS else 50, color=colour(name), zorder=3)
        axes.annotate(title_of[name], (time, peak), xytext=(6, 5), textcoords="offset points",
                      fontweight="bold" if name == OURS else "normal")
    axes.axvline(1, color=SOFT, linewidth=0.8)
    axes.axhline(1, color=SOFT, linewidth=0.8)
    axes.set_xlabel(f"time, ratio to {title_of[results['reference']]}")
    axes.set_ylabel(f"peak resident memory, ratio to {title_of[results['reference']]}")
    axes.set_title("all workloads: lower left is better", loc="left", fontsize=11)
    axes.margins(0.15)
    save(figure, place, "time-memory.svg")
    return "time-memory.svg", "Time and peak memory of all workloads"


def dots(results, place):
    """A line for each workload with a dot for each allocator."""
    rows = list(reversed(results["workloads"]))
    figure, axes = pyplot.subplots(figsize=(8, 1.2 + 0.24 * len(rows)))
    for at, row in enumerate(rows):
        ratios = {name: value for name, value in row["to_reference"]["wall"].items() if value}
        peers = [min(value, 4) for name, value in ratios.items() if name != OURS]
        axes.scatter(peers, [at] * len(peers), s=26, color=SOFT, alpha=0.8, linewidths=0, zorder=2,
                     label="peers" if at == 0 else None)
        if ratios.get(OURS):
            axes.scatter(min(ratios[OURS], 4), at, s=46, color=STRONG, zorder=3, label=OURS if at == 0 else None)
    axes.axvline(1, color=INK, linewidth=0.8)
    axes.set_xscale("log")
    ticks = (0.25, 0.5, 0.7, 1, 1.4, 2, 4)
    axes.set_xticks(ticks, [str(tick) if tick < 4 else "4 or more" for tick in ticks])
    axes.minorticks_off()
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows], fontsize=8)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.set_xlabel(f"time, ratio to {titles(results)[results['reference']]} (left is better)")
    axes.legend(loc="lower right", fontsize=9)
    save(figure, place, "workloads.svg")
    return "workloads.svg", "Time of each workload"


def timeline(scenario, title_of, place):
    """Resident memory through time, and the live bytes below it."""
    figure, axes = pyplot.subplots(figsize=(8, 4.2))
    peers = [name for name in scenario["allocators"] if name != OURS]
    live = None
    for name, result in scenario["allocators"].items():
        if result["fate"] or not result["timeline"]:
            continue
        seconds, resident, held, _ = zip(*result["timeline"])
        ours = name == OURS
        axes.plot(seconds, resident, label=title_of[name], linewidth=2.2 if ours else 1.1, zorder=4 if ours else 3,
                  color=STRONG if ours else HUES[peers.index(name) % len(HUES)])
        if ours or live is None:
            live = seconds, held
    if live is not None:
        axes.fill_between(*live, color=GRID, zorder=1, label=f"live ({OURS}'s run)")
    axes.set_xlabel("seconds")
    axes.set_ylabel("resident memory, MB")
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.set_title(scenario["title"], loc="left", fontsize=11)
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=9)
    file = f"memory-{scenario['name']}.svg"
    save(figure, place, file)
    return file, f"Resident memory through time: {scenario['title']}"


def main():
    kind, source, folder = sys.argv[1:]
    results, place = json.loads(pathlib.Path(source).read_text()), pathlib.Path(folder)
    if kind == "memory":
        drawn = [timeline(scenario, titles(results), place) for scenario in results["scenarios"]]
    else:
        drawn = [bars(results, place), time_and_memory(results, place), dots(results, place)]
    print(json.dumps(drawn))


if __name__ == "__main__":
    main()
