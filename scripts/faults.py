#!/usr/bin/env python3
"""What happens when the system says no: c-tests/faults under refused calls and under limits, in a table.

    faults.py                 every rule and every limit, several minutes
    faults.py --short         some of each, about half a minute
    faults.py --only map,RLIMIT_AS

Refusals need an object that was built with the feature `faults` (make target/faults/release/libpigalloc.so): it
refuses its own system calls as PIG_TEST_REFUSE tells it. Limits are set for the shipped object. A run is right
when nothing crashed, every answer was a block or NULL with ENOMEM, every live block kept its content, and all
sizes could be had again afterwards. The last line is `N passed, N failed, N skipped`, in rows of the table; the
exit status is 1 if one failed or none passed.
"""

import argparse
import concurrent.futures
import errno
import os
import pathlib
import resource
import subprocess
import sys
from typing import NamedTuple

from figures.allocators import OURS, ROOT, clean_environment
from figures.launch import memory_group

SOURCES = ROOT / "c-tests" / "faults"
BUILT = ROOT / "build" / "faults"
FLAGS = ["-std=gnu17", "-O1", "-g", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-pthread", f"-I{ROOT / 'c-tests'}"]
FAULTY = ROOT / "target" / "faults" / "release" / "libpigalloc.so"
KIB, MIB = 1 << 10, 1 << 20
EXIT_SKIP = 77
RUN_SECONDS = 60
SHOWN = 3  # failed runs of a row

# The kinds of src/sys/mock.rs. Nothing asks for the limit unless the large reservation is refused.
KINDS = ["reserve", "map", "commit", "remap", "shrink", "uncommit", "discard", "advise", "wipe", "unmap",
         "reserve,limit", "map,remap", "discard,uncommit,unmap", "memory", "all"]
CALLS = [("mmap", "ENOMEM EPERM EAGAIN"), ("munmap", "ENOMEM EINVAL"), ("mprotect", "ENOMEM EACCES"),
         ("madvise", "EINVAL ENOSYS EAGAIN ENOMEM"), ("mremap", "ENOMEM ENOSYS EFAULT"), ("prlimit64", "EPERM ENOSYS"),
         ("clock_gettime", "EPERM")]


class Ended(NamedTuple):
    what: str
    code: int  # of subprocess; None when its time was over
    out: str
    err: str

    @property
    def figures(self):
        return {name: int(value) for name, _, value in
                (word.partition("=") for word in self.out.split() if "=" in word)}

    @property
    def wrong(self):
        """What was wrong, or None."""
        if self.code in (0, EXIT_SKIP):
            return None
        how = "too slow" if self.code is None else f"signal {-self.code}" if self.code < 0 else f"exit {self.code}"
        return f"{self.what}: {how}: {self.err.strip()[-300:] or 'nothing said'}"


class Row(NamedTuple):
    name: str
    runs: list  # Ended
    note: str = ""
    skipped: str = ""  # why all of it was

    @property
    def word(self):
        if any(run.wrong for run in self.runs):
            return "FAILED"
        if self.skipped or all(run.code == EXIT_SKIP for run in self.runs):
            return "skipped"
        return "passed"

    def total(self, name):
        return sum(run.figures.get(name, 0) for run in self.runs)


def build():
    BUILT.mkdir(parents=True, exist_ok=True)
    for name in ("refused", "limits"):
        subprocess.run(["gcc", *FLAGS, "-o", BUILT / name, SOURCES / f"{name}.c"], check=True)


def execute(what, command, library, settings=None, prepare=None, seconds=RUN_SECONDS):
    """One run under the preload, or without one."""
    env = {**clean_environment(), **(settings or {})} | ({"LD_PRELOAD": str(library)} if library else {})
    process = subprocess.Popen([str(part) for part in command], env=env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
                               preexec_fn=prepare, errors="replace")
    try:
        out, err = process.communicate(timeout=seconds)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        out, err = process.communicate()
        code = None
    return Ended(what, code, out, err)


class Refusals:
    """Rules for each kind, by how often its calls happen when none is refused."""

    def __init__(self, library, short, pool):
        self.library, self.short, self.pool = library, short, pool

    def run(self, rule):
        return execute(rule, [BUILT / "refused"], self.library, {"PIG_TEST_REFUSE": rule})

    def rules(self, kinds, calls):
        every = [1, 2, 3, 5, 8] if self.short else [*range(1, 41), 53, 67, 97, 151, 211]
        alone = range(1, min(calls, 8 if self.short else 120) + 2)
        after = [0, 1, 3, 10, 30] if self.short else [*range(0, 60), 100, 150]
        for how in [*map(str, every), *(f"={n}" for n in alone), *(f">{n}" for n in after if n <= calls), "?2", "?7", "?30"]:
            yield f"{kinds}:{how}"

    def row(self, kinds):
        name = f"refused: {kinds}"
        if not self.library.is_file():
            return Row(name, [], skipped=f"{self.library}: no such file (make target/faults/release/libpigalloc.so)")
        probe = self.run(f"{kinds}:>1000000000")
        calls = probe.figures.get("calls", 0)
        runs = [probe, *self.pool.map(self.run, self.rules(kinds, calls))]
        row = Row(name, runs, note=f"{calls} calls when none is refused")
        if row.word == "passed" and row.total("refused") == 0:
            return row._replace(runs=[probe._replace(code=1, err="no call was refused")])
        return row


def limited(limit, size):
    return lambda: resource.setrlimit(limit, (size, size))


class Limits:
    """Sweeps of what the system limits."""

    def __init__(self, library, short, pool):
        self.library, self.short, self.pool = library, short, pool

    def exhaust(self, limit, name, size, library):
        return execute(f"{name} {size // KIB} KiB", [BUILT / "limits", "exhaust", 2 * size // MIB + 16], library,
                       prepare=limited(limit, size))

    def sweep(self, name):
        """From the least limit at which the program starts without the preload up to 1 GiB."""
        limit, low, high = getattr(resource, name), 0, 512 * MIB
        while high - low > 64 * KIB:
            middle = (low + high) // 2 // KIB * KIB
            ended = execute("", [BUILT / "limits", "exhaust", 0], None, prepare=limited(limit, middle))
            low, high = (low, middle) if ended.code == 0 else (middle, high)
        # c-tests/limits/least_ulimit.py holds the preload to this much more.
        surely = high + self.library.stat().st_size + MIB
        sizes, size, fine = [], high, (4 if self.short else 24)
        while size < MIB << 10:
            sizes.append(size)
            size += max(MIB // 4 if len(sizes) < fine else MIB, size // (1 if self.short else 6))
        sizes.append(MIB << 10)

        def one(size):
            ended = self.exhaust(limit, name, size, self.library)
            if size < surely and not ended.out.startswith("started"):
                return ended._replace(code=EXIT_SKIP)
            return ended

        runs = list(self.pool.map(one, sizes))
        late = sum(run.code == EXIT_SKIP for run in runs)
        return Row(name, runs, note=f"{high // KIB} KiB to 1 GiB in {len(sizes)} steps; not started at the first {late}")

    def mode(self, name, variants, note=""):
        run = lambda words: execute(" ".join(map(str, words)), [BUILT / "limits", *words], self.library)
        runs = list(self.pool.map(run, variants))
        whys = {ended.err.strip() for ended in runs if ended.code == EXIT_SKIP}
        skips = f"{sum(run.code == EXIT_SKIP for run in runs)} skipped: {', '.join(whys)}" if whys else ""
        return Row(name, runs, note="; ".join(filter(None, [note, skips])))

    def maps(self):
        most = pathlib.Path("/proc/sys/vm/max_map_count").read_text().strip()
        left = [0, 1, 3, 20] if self.short else [*range(0, 24), 30, 40, 60, 100, 200, 1000]
        return self.mode("max_map_count", [("maps", n) for n in left], f"{most}, all but a few used up")

    def locked(self):
        sizes = [1, 8] if self.short else [1, 2, 4, 8, 16, 32, 64, 128, 256]
        return self.mode("MCL_FUTURE", [("locked", n) for n in sizes], "RLIMIT_MEMLOCK of 1 MiB up")

    def bare(self):
        return self.mode("no descriptors", [("bare",)])

    def filtered(self):
        variants = [("filter", call, getattr(errno, name)) for call, names in CALLS
                    for name in names.split()[:1 if self.short else None]]
        return self.mode("seccomp errors", variants)

    def overcommit(self):
        found = pathlib.Path("/proc/sys/vm/overcommit_memory").read_text().strip()
        return Row("overcommit_memory", [execute("exhaust 512", [BUILT / "limits", "exhaust", 512], self.library)],
                   note=f"{found}, as found")

    def cgroup(self):
        runs = []
        for size in (64,) if self.short else (32, 64, 128, 256, 512):
            with memory_group(size) as group:
                if group is None:
                    return Row("cgroup", [], skipped="no cgroup with a memory limit can be made here")
                join = lambda: (group / "cgroup.procs").write_text(str(os.getpid()))
                runs.append(execute(f"{size} MiB", [BUILT / "limits", "live", size * 120 // 256], self.library,
                                    prepare=join))
        return Row("cgroup", runs, note="120 of 256 parts live")

    def rows(self):
        return {"RLIMIT_AS": lambda: self.sweep("RLIMIT_AS"), "RLIMIT_DATA": lambda: self.sweep("RLIMIT_DATA"),
                "overcommit_memory": self.overcommit, "max_map_count": self.maps, "MCL_FUTURE": self.locked,
                "no descriptors": self.bare, "seccomp errors": self.filtered, "cgroup": self.cgroup}


def print_row(row, first):
    cells = ["", "runs", "calls refused", "NULL", "result", ""] if first else None
    for texts in filter(None, [cells, [row.name, f"{len(row.runs)}", f"{row.total('refused'):,}", f"{row.total('null'):,}",
                                       row.word, row.skipped or row.note]]):
        print(f"{texts[0]:32}{texts[1]:>6}{texts[2]:>15}{texts[3]:>11}  {texts[4]:8}{texts[5]}".rstrip())
    wrong = [run.wrong for run in row.runs if run.wrong]
    for text in wrong[:SHOWN]:
        print(f"    {text}")
    if len(wrong) > SHOWN:
        print(f"    and {len(wrong) - SHOWN} more")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lib", type=pathlib.Path, default=OURS)
    parser.add_argument("--faulty", type=pathlib.Path, default=FAULTY, help="the object built with faults")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", metavar="ROW;…", help="some of the rows, by name, separated by semicolons")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if not options.lib.is_file():
        parser.error(f"{options.lib}: no such file (make build)")
    build()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        refusals = Refusals(options.faulty.resolve(), options.short, pool)
        rows = {kinds: (lambda kinds=kinds: refusals.row(kinds)) for kinds in KINDS}
        rows |= Limits(options.lib.resolve(), options.short, pool).rows()
        names = options.only.split(";") if options.only else list(rows)
        if unknown := set(names) - set(rows):
            parser.error(f"no such row: {'; '.join(sorted(unknown))} (there are {'; '.join(rows)})")
        count = {"passed": 0, "FAILED": 0, "skipped": 0}
        for number, name in enumerate(names):
            row = rows[name]()
            print_row(row, number == 0)
            count[row.word] += 1
    print(f"{count['passed']} passed, {count['FAILED']} failed, {count['skipped']} skipped")
    return 1 if count["FAILED"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
