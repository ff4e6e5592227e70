"""Where the loader binds malloc in an executable: the proof that a program runs on the allocator under test."""

import collections
import functools
import os
import subprocess
import tempfile
from pathlib import Path

from figures import loader
from figures.allocators import clean_environment

from . import packages


def _settings(settings):
    return dict(setting.split("=", 1) for setting in settings)


@functools.lru_cache(maxsize=None)
def _bindings(executable, settings):
    """{object that calls malloc: {objects that its malloc ends in}} of the executable and its libraries."""
    found = collections.defaultdict(set)
    with tempfile.TemporaryDirectory(prefix="bindings-") as folder:
        environment = {**clean_environment(), **_settings([*settings, *loader.settings(folder)])}
        # All is bound before main, so it does not matter what the program makes of the option.
        process = subprocess.Popen([executable, "--version"], env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for bound in loader.bindings(folder, process.pid):
            if bound.symbol == "malloc":
                found[bound.caller].add(bound.server)
    return found


def libc():
    """The system's C library, as this process has it mapped."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        if line.endswith("/libc.so.6"):
            return line.split(maxsplit=5)[5]
    raise RuntimeError("this interpreter has no libc.so.6")


def elsewhere(program, settings):
    """Why `program` with these settings does not run on the preloaded object (or libc), or None."""
    executable = os.path.realpath(packages.find(program) or program)
    wanted = os.path.realpath(_settings(settings).get("LD_PRELOAD") or libc())
    found = _bindings(executable, tuple(settings))
    targets = set().union(*found.values())
    # A program built for a fixed address lends its own entry point to the libraries; behind it is what the
    # loader bound for the program itself.
    if wanted in found.get(executable, ()):
        targets.discard(executable)
    if wanted not in targets:
        return f"malloc of {program} is not bound to {os.path.basename(wanted)}"
    others = sorted(os.path.basename(target) for target in targets - {wanted})
    return f"malloc of {program} is {', '.join(others)}'s too" if others else None
