"""A suite on the system's malloc and on another: what passes on one and not on the other."""

import concurrent.futures
import time

from bench import binding
from figures.allocators import SYSTEM

from .suite import execute


class Side:
    """All tests of a suite on one allocator."""

    def __init__(self, allocator):
        self.settings = allocator.environment()
        self.ended, self.cases = {}, {}  # by the name of the test
        self.seconds = 0.0

    def run(self, tests, jobs):
        begin = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for test, ended in zip(tests, pool.map(lambda test: execute(test, self.settings), tests)):
                self.ended[test.name], self.cases[test.name] = ended, test.read(ended)
        self.seconds += time.monotonic() - begin

    def passed(self):
        return sum(cases.passed for cases in self.cases.values())

    def failed(self):
        return sum(len(cases.failed) for cases in self.cases.values())


class Outcome:
    """What became of a suite."""

    def __init__(self, suite):
        self.suite = suite
        self.version = ""
        self.skipped = None  # why
        self.wrong = None  # why its programs do not prove anything
        self.plain = self.with_it = None  # Sides
        self.differ = []  # (test, case) that passes without and fails with, twice
        self.unsteady = []  # the same, but only once

    @property
    def failed(self):
        return bool(self.wrong or self.differ)


def not_bound(looks, allocator):
    """The first of these executables whose malloc does not end in the allocator, and why; or None."""
    for look in looks:
        elsewhere = binding.elsewhere(str(look), tuple(allocator.environment()))
        if elsewhere:
            return elsewhere
    return None


def _new_failures(plain, with_it, test):
    return [case for case in with_it.cases[test.name].failed if case not in plain.cases[test.name].failed]


def compare(outcome, tree, tests, allocator):
    """Runs the tests on both sides; a test that differs is run once more, alone, on both."""
    suite = outcome.suite
    outcome.wrong = not_bound(suite.looks(tree), allocator)
    if outcome.wrong:
        return
    outcome.plain, outcome.with_it = Side(SYSTEM), Side(allocator)
    outcome.plain.run(tests, suite.jobs)
    outcome.with_it.run(tests, suite.jobs)
    if outcome.plain.passed() == 0:
        outcome.wrong = "nothing passes without it either"
    for test in tests:
        first = _new_failures(outcome.plain, outcome.with_it, test)
        if not first:
            continue
        for side in (outcome.plain, outcome.with_it):
            side.run([test], 1)
        second = _new_failures(outcome.plain, outcome.with_it, test)
        outcome.differ += [(test, case) for case in second]
        outcome.unsteady += [(test, case) for case in first if case not in second]


def title(test, case):
    return test.name + (f": {case}" if not case.startswith("(") else f" {case}")
