"""What the bench runs: the shape of a workload, and of what one run of it gives."""

import pathlib
from typing import Callable, NamedTuple, Optional, Tuple


class Sample(NamedTuple):
    """One run of one workload on one allocator."""

    wall: float  # seconds of the measured part
    cpu: float  # user and system seconds of the measured processes
    peak_mb: float  # largest resident set of the measured process
    faults: int  # minor page faults
    busy: float = 0.0  # processors that other programs used meanwhile
    fate: str = ""  # empty when it ran well, else how it ended


class Context(NamedTuple):
    """What a workload finds when it runs."""

    inputs: pathlib.Path  # what `prepare` wrote, the same for all allocators; not to be changed
    scratch: pathlib.Path  # an empty folder, removed after the run
    settings: Tuple[str, ...]  # NAME=VALUE, for the measured program alone (LD_PRELOAD among them)
    seconds: float  # after so long the run is ended
    scale: float = 1.0  # of the amount of work; 1 is the full bench


class Workload(NamedTuple):
    """A program with a fixed amount of work, so that less time is better."""

    name: str
    group: str  # "stress" or "real"
    title: str
    run: Callable[[Context], Sample]
    threads: int = 1  # more than 1: counts as multi-threaded
    warm_mb: int = 0  # touched and freed before each run, so that fresh pages cost every allocator the same
    seconds: float = 60.0
    quick: bool = False  # part of the short bench
    needs: Tuple[str, ...] = ()  # executables
    packages: Tuple[str, ...] = ()  # Debian packages that bring them
    prepare: Optional[Callable[[pathlib.Path], None]] = None  # writes inputs to the folder, once
