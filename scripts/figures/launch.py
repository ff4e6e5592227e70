"""Builds the figure programs and runs commands through the launcher c-tests/figures/measure.c."""

import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
from typing import NamedTuple

from .allocators import ROOT, clean_environment

SOURCES = ROOT / "c-tests" / "figures"
BUILT = ROOT / "build" / "figures"
FLAGS = ["-std=gnu11", "-O2", "-g", "-pthread", "-fno-builtin", "-Wall", "-Wextra", "-Werror"]


def compile_stale(header, built, compilers):
    """Compiles to the folder `built` what stands beside the header and is newer there, or uses a newer header;
    `compilers` gives a command for each suffix."""
    built.mkdir(parents=True, exist_ok=True)
    for source in sorted(header.parent.glob("*.c*")):
        program = built / source.stem
        newest = max(header.stat().st_mtime, source.stat().st_mtime)
        if not program.exists() or program.stat().st_mtime <= newest:
            subprocess.run([*compilers[source.suffix], "-o", str(program), str(source)], check=True)


def build():
    """The programs of c-tests/figures."""
    compile_stale(SOURCES / "figure.h", BUILT, {".c": ["gcc", *FLAGS]})


class Run(NamedTuple):
    out: bytes
    err: bytes
    wall: float
    cpu: float
    peak_mb: float
    faults: int
    exit: int  # -1 when a signal ended it
    signal: int
    late: bool  # ended because its time was over
    busy: float  # processors that other programs used meanwhile

    @property
    def ok(self):
        return self.exit == 0 and not self.late

    @property
    def fate(self):
        """How it ended, in a word."""
        if self.late:
            return "too slow"
        if self.signal == 9:
            return "killed"
        return f"signal {self.signal}" if self.signal else f"exit {self.exit}"


def processor_seconds():
    """Seconds that all processors together have been busy since boot."""
    with open("/proc/stat") as stat:
        user, nice, system, _idle, _iowait, irq, softirq = map(int, stat.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def run(command, settings=(), warm_mb=0, seconds=60, group=None, cwd=None, stdin=None):
    """One run of `command` with `settings` (NAME=VALUE) in its environment alone."""
    with tempfile.NamedTemporaryFile("r", prefix="measure-") as report:
        launch = [str(BUILT / "measure"), "-o", report.name, "-t", str(seconds)]
        for setting in settings:
            launch += ["-e", setting]
        if group:
            launch += ["-g", str(group)]
        launch += ["--", *map(str, command)]
        if warm_mb:
            warm = [str(BUILT / "measure"), "-w", str(warm_mb), "--", "true"]
            subprocess.run(warm, capture_output=True, check=True)
        before = processor_seconds()
        done = subprocess.run(launch, capture_output=True, cwd=cwd, input=stdin, env=clean_environment())
        after = processor_seconds()
        text = report.read()
    if done.returncode != 0 or not text:
        raise RuntimeError(f"{launch}: {done.returncode} {done.stderr.decode(errors='replace')}")
    used = json.loads(text)
    cpu = used["user"] + used["system"]
    # The kernel counts in ticks of 10 ms: too coarse for a short run.
    busy = max(0.0, (after - before - cpu) / used["wall"]) if used["wall"] > 0.3 else 0.0
    return Run(done.stdout, done.stderr, used["wall"], cpu, used["peak_mb"], used["faults"], used["exit"],
               used["signal"], bool(used["late"]), busy)


def _memory_groups():
    """Directories in which a control group with a memory limit may be made: (directory, is version 2)."""
    try:
        lines = pathlib.Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    root = pathlib.Path("/sys/fs/cgroup")
    for line in lines:
        _number, controllers, own = line.split(":", 2)
        if "memory" in controllers.split(","):
            yield root / "memory" / own.lstrip("/"), False
            yield root / "memory", False
        elif controllers == "":
            for top in (root, root / "unified"):
                yield top / own.lstrip("/"), True
                yield top, True


def _limited_group(limit_mb):
    limit = str(limit_mb << 20)
    for parent, second in _memory_groups():
        group = parent / f"pigalloc-{os.getpid()}"
        if second:
            with contextlib.suppress(OSError):
                (parent / "cgroup.subtree_control").write_text("+memory")
        with contextlib.suppress(OSError):
            group.mkdir()
            try:
                (group / ("memory.max" if second else "memory.limit_in_bytes")).write_text(limit)
            except OSError:
                group.rmdir()
                continue
            with contextlib.suppress(OSError):
                (group / ("memory.swap.max" if second else "memory.memsw.limit_in_bytes")).write_text(
                    "0" if second else limit)
            return group
    return None


@contextlib.contextmanager
def memory_group(limit_mb):
    """A control group limited to so much memory without swap, or None where none can be made."""
    group = _limited_group(limit_mb)
    try:
        yield group
    finally:
        if group is not None:
            with contextlib.suppress(OSError):
                group.rmdir()
