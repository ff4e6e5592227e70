"""The rows of the table: which program measures what, and how its line of JSON becomes a cell.

A probe is one run of one program under one allocator; it can fill several rows. A cell is a number, or a
word where no number can be given ("killed", "too slow").
"""

import contextlib
import json
import pathlib
import subprocess
import tempfile
from typing import Callable, NamedTuple, Tuple, Union

from . import launch
from .allocators import SYSTEM, clean_environment

CGROUP_MB = 256
LIVE_MB = 120
SPAWNS = 300

Cell = Union[float, str]


class Row(NamedTuple):
    name: str
    title: str
    unit: str
    cell: Callable[[dict], Cell]


class Probe(NamedTuple):
    command: Tuple[str, ...]
    rows: Tuple[Row, ...]
    warm_mb: int = 0
    seconds: int = 40
    bind_now: bool = False
    timed: bool = False  # other programs on the machine change the result


def number(key):
    return lambda result: result[key]


def yes(key):
    return lambda result: "yes" if result[key] else "no"


def finished(result):
    """Seconds of a realloc run, or how far it came."""
    if not result["kept"]:
        return "content lost"
    if result["complete"]:
        return float(result["seconds"])
    return f"> {result['seconds']:.0f} ({result['reached_mb'] / 1024:.2g} GB)"


PROBES = (
    Probe(("threads_live", "0"), (
        Row("threads-2000", "RSS, 2,000 live threads holding 40 MB", "MB", number("rss_mb")),),
        warm_mb=400),
    Probe(("threads_live", "2000"), (
        Row("threads-2000-used", "the same after 2,000 pairs in each", "MB", number("rss_mb")),),
        warm_mb=400),
    Probe(("threads_short",), (
        Row("threads-short", "10,000 short threads", "s", number("seconds")),), timed=True),
    Probe(("thread_exit", "key"), (
        Row("exit-key", "RSS growth, destructors of a pthread key, 2,000 threads", "MB", number("growth_mb")),)),
    Probe(("thread_exit", "cxx"), (
        Row("exit-cxx", "RSS growth, destructors of thread_local, 2,000 threads", "MB", number("growth_mb")),)),
    Probe(("realloc_grow", "x125", "4096", "ends"), (
        Row("realloc-4g-x125", "realloc 4 KB to 4 GB by 25 %, ends touched", "s", finished),),
        warm_mb=3000, timed=True),
    Probe(("realloc_grow", "+4096", "4096", "ends"), (
        Row("realloc-4g-4m", "realloc 4 KB to 4 GB by 4 MB, ends touched", "s", finished),),
        warm_mb=3000, timed=True),
    Probe(("realloc_grow", "+64", "256", "all"), (
        Row("realloc-256m-64k", "realloc 4 KB to 256 MB by 64 KB, all touched", "s", finished),
        Row("realloc-shrink", "RSS after it shrank to 4 KB again", "MB", number("rss_after_shrink_mb"))),
        warm_mb=800, timed=True),
    Probe(("limit_as",), (
        Row("limit-as", "RLIMIT_AS 512 MB: goes on after NULL", "", yes("goes_on")),)),
    Probe(("fork_storm",), (
        Row("fork-storm", "peak RSS, fork storm from 8 threads", "MB", number("peak_mb")),)),
    Probe(("trim",), (
        Row("trim", "malloc_trim returns what idle threads freed", "", yes("returns")),
        Row("mallinfo2", "mallinfo2 counts", "", yes("counts")))),
    Probe(("give_back",), (
        Row("freed-idle", "RSS 2 s after freeing 2 GB", "MB", number("idle_mb")),
        Row("freed-used", "after 20,000 more operations", "MB", number("used_mb")),
        Row("freed-trim", "after malloc_trim(0)", "MB", number("trimmed_mb")),
        Row("freed-trim-time", "time of that malloc_trim(0)", "s", number("trim_seconds"))), warm_mb=2600),
    Probe(("keep_few",), (
        Row("keep-few", "RSS after trim, 1 block of 1,000 kept of 1 GB", "MB", number("trimmed_mb")),),
        warm_mb=1400),
    Probe(("drift", "100"), (
        Row("drift", "RSS/live, drifting sizes, worst phase", "", number("ratio")),
        Row("drift-last", "RSS/live, drifting sizes, at the end", "", number("last"))), warm_mb=500),
    Probe(("burst", "fixed"), (
        Row("burst", "RSS/live 2 s after a burst, live blocks stay", "", number("ratio")),), warm_mb=500),
    Probe(("burst", "moving"), (
        Row("burst-moving", "RSS/live 2 s after a burst, live blocks change", "", number("ratio")),),
        warm_mb=500),
    Probe(("holes",), (
        Row("holes", "5,000 blocks of 180 KB among 32,768 holes of 128 KB", "s", number("seconds")),), timed=True),
    Probe(("stack_use",), (
        Row("stack", "stack that the malloc family needs, worst", "bytes", number("bytes")),
        Row("stack-malloc", "stack that malloc needs", "bytes", number("malloc")),
        Row("stack-free", "stack that free needs", "bytes", number("free"))), bind_now=True),
    Probe(("enomem",), (
        Row("enomem", "failed allocations without ENOMEM, of 31 checks", "", number("failed")),)),
)


def run_probe(probe, allocator):
    """(cells by row name, details, Run) of one run of a figure program."""
    settings = allocator.environment() + (["LD_BIND_NOW=1"] if probe.bind_now else [])
    command = [launch.BUILT / probe.command[0], *probe.command[1:]]
    run = launch.run(command, settings, warm_mb=probe.warm_mb, seconds=probe.seconds)
    result = None
    with contextlib.suppress(ValueError):
        result = json.loads(run.out)
    if result is None:
        return {row.name: run.fate for row in probe.rows}, {"fate": run.fate}, run
    return {row.name: row.cell(result) for row in probe.rows}, result, run


# The rows below are measured from outside of a program, each in its own way.

CGROUP_ROW = Row("cgroup", f"{LIVE_MB} MB live under a {CGROUP_MB} MB cgroup limit", "", None)
SIZE_ROW = Row("size", "size of the shared object", "KB", None)
CALLS_ROW = Row("true-calls", "system calls of /bin/true", "", None)
TRUE_ROW = Row("true-added", "time added to /bin/true (median of the system: its time)", "µs", None)


def run_cgroup(allocator):
    """Lives or is killed; judged by its peak where no control group can be made."""
    command = [launch.BUILT / "drift", str(LIVE_MB)]
    with launch.memory_group(CGROUP_MB) as group:
        run = launch.run(command, allocator.environment(), warm_mb=600, seconds=40, group=group)
    if group is not None:
        return ("lives" if run.ok else run.fate), {"by": "cgroup", "peak_mb": run.peak_mb}
    verdict = "would live" if run.peak_mb < CGROUP_MB else "would die"
    return (verdict if run.ok else run.fate), {"by": "peak RSS", "peak_mb": run.peak_mb}


def size_of(allocator):
    return "–" if allocator.path is None else allocator.path.stat().st_size / 1024


def system_calls(allocator):
    """System calls of /bin/true from execve to exit_group, as strace sees them."""
    with tempfile.TemporaryDirectory(prefix="strace-") as folder:
        log = pathlib.Path(folder) / "log"
        command = ["strace", "-f", "-qq", "-o", str(log)]
        for setting in allocator.environment():
            command += ["-E", setting]
        try:
            subprocess.run([*command, "/bin/true"], env=clean_environment(), capture_output=True, check=True)
        except FileNotFoundError:
            return "no strace"
        except subprocess.CalledProcessError as failure:
            return f"exit {failure.returncode}"
        return sum("(" in line for line in log.read_text().splitlines())


def spawn_times(allocators):
    """Median microseconds of /bin/true for each allocator, in turns."""
    libs = ["-" if a.path is None else str(a.path) for a in allocators]
    run = launch.run([launch.BUILT / "spawn_true", str(SPAWNS), *libs], seconds=120)
    if not run.ok:
        raise RuntimeError(f"spawn_true: {run.fate}: {run.err.decode(errors='replace')}")
    return dict(zip((a.name for a in allocators), json.loads(run.out)["microseconds"]))


def spawn_cells(times):
    base = times[SYSTEM.name]
    return {name: base if name == SYSTEM.name else f"{value - base:+.0f}" for name, value in times.items()}


ROWS = tuple(row for probe in PROBES for row in probe.rows) + (CGROUP_ROW, SIZE_ROW, CALLS_ROW, TRUE_ROW)
