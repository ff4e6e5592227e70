"""Runs workloads in interleaved rounds, and keeps away from other work on the machine."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

from figures import launch
from figures.allocators import clean_environment

from .workload import Context, Sample

QUIET = 0.3  # processors that other programs may use during a run that counts
AGAIN = 2  # times that a disturbed run is repeated
CALM_SECONDS = 2.0  # waited before a disturbed run is repeated
IN_VAIN = 12  # disturbed runs whose repetitions were disturbed, too, after which none is repeated any more


def tell(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def warm(megabytes):
    """Touches and frees memory, so that no run pays for pages that the machine has given back to its host."""
    if megabytes:
        command = [str(launch.BUILT / "measure"), "-w", str(megabytes), "--", "true"]
        subprocess.run(command, env=clean_environment(), capture_output=True, check=True)


def run_once(workload, allocator, inputs, scale):
    warm(workload.warm_mb)
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        context = Context(inputs, pathlib.Path(scratch), tuple(allocator.environment()), workload.seconds, scale)
        try:
            return workload.run(context)
        except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as trouble:
            reason = str(trouble).strip().splitlines()
            return Sample(0.0, 0.0, 0.0, 0, 0.0, f"not run: {reason[0][:100] if reason else type(trouble).__name__}")


class Rounds:
    """All samples: for each workload and allocator a list, a dictionary for each run."""

    def __init__(self, workloads, allocators, inputs, scale):
        self.workloads = workloads
        self.allocators = allocators
        self.inputs = inputs  # the folder
        self.scale = scale
        self.samples = {workload.name: {a.name: [] for a in allocators} for workload in workloads}
        self.done = 0
        self.in_vain = 0
        self.load = os.getloadavg()[0]

    def order(self, workload_at):
        """The allocators, beginning with another one for each round and each workload."""
        at = (self.done + workload_at) % len(self.allocators)
        return self.allocators[at:] + self.allocators[:at]

    def quietest(self, workload, allocator):
        """(sample, times repeated): the first run that stood beside no other work, else the least disturbed."""
        best, repeated = run_once(workload, allocator, self.inputs, self.scale), 0
        while best.busy > QUIET and not best.fate and repeated < AGAIN and self.in_vain < IN_VAIN:
            time.sleep(CALM_SECONDS)
            repeated += 1
            best = min(best, run_once(workload, allocator, self.inputs, self.scale), key=lambda sample: sample.busy)
        self.in_vain += repeated == AGAIN and best.busy > QUIET
        return best, repeated

    def one(self):
        """Each workload on each allocator once; who failed before is not asked again."""
        for number, workload in enumerate(self.workloads):
            for place, allocator in enumerate(self.order(number)):
                samples = self.samples[workload.name][allocator.name]
                if any(sample["fate"] for sample in samples):
                    continue
                at = f"{number + 1}/{len(self.workloads)}"
                tell(f"round {self.done + 1}: {workload.name} ({at}) on {allocator.name}")
                sample, repeated = self.quietest(workload, allocator)
                samples.append({"round": self.done + 1, "place": place + 1, "repeated": repeated,
                                "disturbed": sample.busy > QUIET and not sample.fate, **sample._asdict()})
        self.done += 1
        tell("")

    def run(self, count, budget=None):
        """So many rounds; none is begun that would not end within `budget` seconds. Ctrl-C ends early."""
        begin = time.monotonic()
        try:
            while self.done < count:
                self.one()
                passed = time.monotonic() - begin
                if budget is not None and passed + passed / self.done > budget:
                    break
        except KeyboardInterrupt:
            tell("")
            print("stopped: what follows is from the runs so far", file=sys.stderr)
