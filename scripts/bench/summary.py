"""From samples to results: medians, ratios to the reference and to the best peer, geometric means.

The results are one dictionary, the same that is written as JSON; tables and plots are made from it alone.
"""

import math
import statistics

from .peers import REFERENCE

MEASURES = ("wall", "cpu", "peak_mb", "faults")


def middle(samples):
    """Medians over the undisturbed runs (over all if none was), or how the program ended instead."""
    fates = [sample["fate"] for sample in samples if sample["fate"]]
    if fates:
        return {"fate": fates[0]}
    if not samples:
        return {"fate": "not run"}
    quiet = [sample for sample in samples if not sample["disturbed"]]
    counted = quiet or samples
    medians = {measure: statistics.median(sample[measure] for sample in counted) for measure in MEASURES}
    walls = [sample["wall"] for sample in counted]
    return {**medians, "fate": "", "runs": len(counted), "disturbed": len(samples) - len(quiet),
            "spread": (max(walls) - min(walls)) / medians["wall"] if medians["wall"] else 0.0}


def ratio(workload, name, base, measure):
    """The measure of an allocator divided by that of another; None where one of them has no figure."""
    own, other = workload["medians"].get(name, {}), workload["medians"].get(base, {})
    if own.get(measure) is None or not other.get(measure):
        return None
    return own[measure] / other[measure]


def best_of(peers, workload, measure):
    """The name of the peer with the smallest figure, or None."""
    there = {name: workload["medians"][name].get(measure) for name in peers}
    there = {name: figure for name, figure in there.items() if figure is not None}
    return min(there, key=there.get) if there else None


def geomean(workloads, name, base, measure):
    """{"ratio": geometric mean, "of": workloads in it, "missing": those without a figure}."""
    ratios = [ratio(workload, name, base, measure) for workload in workloads]
    there = [value for value in ratios if value]
    mean = math.exp(sum(map(math.log, there)) / len(there)) if there else None
    return {"ratio": mean, "of": len(there), "missing": len(ratios) - len(there)}


def is_in(workload, group, threads):
    return workload["group"] == group and (not threads or workload["threads"] > 1)


MEANS = (
    ("time, stress", "wall", lambda w: is_in(w, "stress", False)),
    ("time, stress with threads", "wall", lambda w: is_in(w, "stress", True)),
    ("time, real programs", "wall", lambda w: is_in(w, "real", False)),
    ("processor time, all", "cpu", lambda w: True),
    ("peak memory, stress", "peak_mb", lambda w: is_in(w, "stress", False)),
    ("peak memory, real programs", "peak_mb", lambda w: is_in(w, "real", False)),
    ("peak memory, all", "peak_mb", lambda w: True),
    ("page faults, all", "faults", lambda w: True),
)


def reference_of(names, peers):
    return REFERENCE if REFERENCE in names else (peers or names)[0]


def results(rounds, kind, about):
    """Everything that is known after the rounds. `about`: [{"name", "title", "version", "peer", "file"}]."""
    names = [allocator.name for allocator in rounds.allocators]
    peers = [allocator["name"] for allocator in about if allocator["peer"]]
    base = reference_of(names, peers)
    rows = []
    for workload in rounds.workloads:
        samples = rounds.samples[workload.name]
        if not any(samples.values()):
            continue
        row = {"name": workload.name, "group": workload.group, "title": workload.title, "threads": workload.threads,
               "medians": {name: middle(samples[name]) for name in names}, "samples": samples}
        row["best_peer"] = {measure: best_of(peers, row, measure) for measure in MEASURES}
        row["to_best_peer"] = {
            measure: {name: ratio(row, name, row["best_peer"][measure], measure) for name in names}
            for measure in MEASURES}
        row["to_reference"] = {
            measure: {name: ratio(row, name, base, measure) for name in names} for measure in MEASURES}
        rows.append(row)
    means = []
    for title, measure, chosen in MEANS:
        some = [row for row in rows if chosen(row)]
        if some:
            means.append({"title": title, "measure": measure,
                          "allocators": {name: geomean(some, name, base, measure) for name in names}})
    return {"machine": kind, "rounds": rounds.done, "scale": rounds.scale, "load_before": rounds.load,
            "reference": base, "allocators": about, "geomeans": means, "workloads": rows}
