"""Resident memory over live memory through time: figure programs watched from outside while they run."""

import mmap
import os
import struct
import subprocess
import tempfile
import time
from typing import NamedTuple, Tuple

from figures import launch
from figures.allocators import clean_environment

from . import rounds

EVERY = 0.010  # seconds between samples
LIMIT = 60.0
COUNTED = 1.0  # MB that must be live for a ratio to mean something
MB = 1 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")

# The marks of c-tests/figures/figure.h.
BASE_READ, WORKED, IDLED, TRIMMED, OVER = 1, 2, 3, 4, 5


class Scenario(NamedTuple):
    name: str
    title: str
    command: Tuple[str, ...]
    warm_mb: int


SCENARIOS = (
    Scenario("drift", "sizes drift, 100 MB stay live", ("drift", "100"), 500),
    Scenario("burst-fixed", "a burst of 400 MB, 10 MB stay where they are", ("burst", "fixed"), 600),
    Scenario("burst-moving", "a burst of 400 MB, 10 MB stay and are replaced", ("burst", "moving"), 600),
    Scenario("sparse", "one block of 1,000 survives of 1 GB", ("keep_few",), 1400),
    Scenario("threads", "2,000 live threads hold 40 MB", ("threads_live", "2000"), 1000),
)


def resident_pages(statm):
    statm.seek(0)
    fields = statm.read().split()
    return int(fields[1]) if len(fields) > 1 else 0


def watch(program, shared):
    """[(seconds, resident MB, live MB, mark)] until the program is over; what it cleans up then is not counted."""
    samples, begin = [], time.monotonic()
    with open(f"/proc/{program.pid}/statm", buffering=1) as statm:
        at = begin
        while program.poll() is None:
            try:
                pages = resident_pages(statm)
            except OSError:
                break
            live, mark = struct.unpack_from("QQ", shared)
            if pages and mark < OVER:
                samples.append((time.monotonic() - begin, pages * PAGE / MB, live / MB, mark))
            if time.monotonic() - begin > LIMIT:
                program.kill()
                break
            at += EVERY
            time.sleep(max(0.0, at - time.monotonic()))
    program.wait()
    return samples


def run(scenario, allocator):
    """(samples, how it ended if not well)."""
    rounds.warm(scenario.warm_mb)
    with tempfile.NamedTemporaryFile(prefix="timeline-") as page:
        page.truncate(mmap.PAGESIZE)
        with mmap.mmap(page.fileno(), mmap.PAGESIZE) as shared:
            environment = clean_environment()
            environment.update(setting.split("=", 1) for setting in allocator.environment())
            environment["FIGURE_TIMELINE"] = page.name
            program = subprocess.Popen([launch.BUILT / scenario.command[0], *scenario.command[1:]], env=environment,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            samples = watch(program, shared)
    if program.returncode != 0:
        return samples, f"signal {-program.returncode}" if program.returncode < 0 else f"exit {program.returncode}"
    return samples, ""


def of_mark(samples, mark):
    return [sample for sample in samples if sample[3] == mark]


def figures(samples):
    """What the table says: MB over the base, and over the live bytes, at the moments that count."""
    base = of_mark(samples, BASE_READ)[0][1]
    over = [(at, max(0.0, resident - base), live, mark) for at, resident, live, mark in samples if mark >= BASE_READ]
    ratios = [resident / live for _, resident, live, mark in over if live >= COUNTED and mark <= WORKED]
    moments = {"last": of_mark(over, WORKED)[0], "idle": (of_mark(over, IDLED) or of_mark(over, WORKED))[0],
               "trimmed": of_mark(over, TRIMMED)[-1]}
    found = {"worst": max(ratios, default=None), "peak_mb": max(resident for _, resident, _, _ in over),
             "live_mb": moments["last"][2]}
    for name, (_, resident, live, _) in moments.items():
        found[f"{name}_mb"] = resident
        found[name] = resident / live if live >= COUNTED else None
    return found


def thinned(samples, most=400):
    """At most so many samples: the highest of each stretch, so that no peak is lost."""
    step = max(1, -(-len(samples) // most))
    parts = [samples[at:at + step] for at in range(0, len(samples), step)]
    return [[round(value, 3) for value in max(part, key=lambda sample: sample[1])] for part in parts]


def measure(scenario, allocator):
    samples, fate = run(scenario, allocator)
    result = {"fate": fate, "timeline": thinned(samples)}
    if not fate:
        if of_mark(samples, BASE_READ) and of_mark(samples, TRIMMED):
            result.update(figures(samples))
        else:
            result["fate"] = "not seen"
    return result
