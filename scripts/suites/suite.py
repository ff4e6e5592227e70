"""What a suite is: where its sources come from, how they are built, its tests and what their output says."""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from figures.allocators import ROOT, clean_environment

SHIMS = ROOT / "c-tests" / "suites"
UNSUPPORTED = 77  # exit status of a test that cannot run here
KEPT = 8 << 20


class Ended(NamedTuple):
    """How a command ended and what it wrote."""
    code: Optional[int]  # None if its time was over
    text: str  # stdout and stderr
    seconds: float

    @property
    def fate(self):
        if self.code is None:
            return "too slow"
        return f"signal {-self.code}" if self.code < 0 else f"exit {self.code}"


class Cases(NamedTuple):
    """What one test found."""
    passed: int
    failed: Tuple[str, ...]  # names


def by_status(ended):
    """One case, and the exit status says it all."""
    if ended.code == UNSUPPORTED:
        return Cases(0, ())
    return Cases(1, ()) if ended.code == 0 else Cases(0, (f"({ended.fate})",))


def by_lines(passed, failed, statuses=(0,)):
    """A reader of outputs that have a line for each case: two patterns, the one for failures with the name as its
    group. An end with another status than these, when no line tells of a failure, is a failure too."""
    def read(ended):
        bad = tuple(dict.fromkeys(re.findall(failed, ended.text, re.MULTILINE)))
        good = len(re.findall(passed, ended.text, re.MULTILINE))
        if ended.code not in statuses and not bad:
            bad = (f"({ended.fate})",)
        return Cases(good, bad)
    return read


class Test(NamedTuple):
    """A command, alone in an empty folder unless it says where."""
    name: str
    command: Tuple[str, ...]
    cwd: Optional[pathlib.Path] = None
    environment: Dict[str, str] = {}
    seconds: int = 120
    read: Callable[[Ended], Cases] = by_status


class Suite(NamedTuple):
    name: str
    package: str  # its source package
    needs: Tuple[str, ...]  # programs, or files by their absolute path
    packages: Tuple[str, ...]  # packages that bring them
    build: Callable  # of a bench.workshop.Workshop whose folder is the new tree's parent, and the tree
    tests: Callable[[pathlib.Path], List[Test]]  # of a built tree
    looks: Callable[[pathlib.Path], List[pathlib.Path]]  # executables of a built tree whose malloc is proven
    left_out: Dict[str, str]  # what is not run, and why
    jobs: int = 2
    quick: bool = False  # part of the short form


def execute(test, settings):
    """Runs a test with NAME=VALUE settings beside its own; leaves none of its children behind."""
    environment = {**clean_environment(), "LC_ALL": "C", **test.environment}
    environment.update(setting.split("=", 1) for setting in settings)
    with tempfile.TemporaryDirectory(prefix="suite-") as empty, tempfile.TemporaryFile() as out:
        begin = time.monotonic()
        process = subprocess.Popen(list(map(str, test.command)), cwd=test.cwd or empty, env=environment,
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        try:
            code = process.wait(test.seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        seconds = time.monotonic() - begin
        out.seek(0)
        return Ended(code, out.read(KEPT).decode(errors="replace"), seconds)


def compile_programs(shop, compiler, flags, programs):
    """Compiles each program, {name: source files}, to the folder `programs` of the workshop."""
    built = shop.folder / "programs"
    built.mkdir(exist_ok=True)
    for name, sources in programs.items():
        shop.run(compiler, *flags, "-o", built / name, *sources, "-pthread")


def program(tree, name):
    """A program that compile_programs made for a tree."""
    return tree.parent / "programs" / name


def edited(shop, tree, path, *edits):
    """A copy of a source file of the tree with patterns replaced; every pattern must be there."""
    text = (tree / path).read_text()
    for pattern, replacement in edits:
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        if count == 0:
            raise ValueError(f"{path} has no {pattern}")
    copy = shop.folder / pathlib.Path(path).name
    copy.write_text(text)
    return copy
