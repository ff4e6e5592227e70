"""Runs the misuse programs on an allocator and says what became of each."""

import collections
import concurrent.futures
import importlib.util
import re
import resource
import subprocess

from figures.allocators import ROOT

TESTS = ROOT / "c-tests"
# Best first; what a variant is called when its cases differ is the last of them.
OUTCOMES = {
    "caught": "ended at the misuse, with a message",
    "late": "ended with a message, but only while more was allocated",
    "crash": "died by a signal without a word",
    "unnoticed": "the program went on, and nothing wrong was handed out",
    "hang": "did not end",
    "misled": "memory that is in use was handed out again",
}
NOTICED = ("caught", "late")
NONE = "n/a"  # the program could not commit it there
SECONDS = 8  # a program takes less than one
EXIT_UNNOTICED, EXIT_MISLED = 3, 4
OWN_LINES = re.compile(r"^[\w./-]+:\d+: .*\n", re.MULTILINE)  # what the programs themselves say on stderr


def _load_runner():
    """c-tests/run.py, which shares its name with a script here."""
    spec = importlib.util.spec_from_file_location("c_tests_run", TESTS / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


runner = _load_runner()


def build():
    """The programs; quiet unless there is something to say."""
    command = ["make", "--no-print-directory", "-C", str(TESTS), "-j2", "misuse"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stdout.decode(errors="replace"))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def cases(variant):
    """The tests of a variant: one for each of its cases."""
    found = [test for test in runner.collect(f"misuse/{variant.program}")
             if test.source.stem == variant.program]
    if not found:
        raise SystemExit(f"c-tests/misuse/{variant.program}.c: not there")
    return found


def outcome(ended):
    """The word for how a program ended."""
    if ended.code is None:
        return "hang"
    if ended.code < 0:
        said = OWN_LINES.sub("", ended.stderr).strip()
        if not said:
            return "crash"
        return "late" if ended.stdout.endswith("unnoticed\n") else "caught"
    if ended.code == EXIT_MISLED:
        return "misled"
    return "unnoticed" if ended.code in (0, EXIT_UNNOTICED) else NONE


def _run(test, lib):
    command = [str(runner.program(test))] + ([test.argument] if test.argument else [])
    return runner.execute(command, runner.environment(test, lib), SECONDS)


def run_all(tests, lib, asserted):
    """{test name: word} of all tests on one allocator, and what is wrong with those of which the
    exact end is asserted."""
    runner.check_preload(lib)
    words, problems = {}, []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for test, ended in zip(tests, pool.map(lambda test: _run(test, lib), tests)):
            words[test.name] = outcome(ended)
            if asserted:
                wrong = (f"still running after {SECONDS} s" if ended.code is None else
                         runner.wrong_end(test, ended) or runner.wrong_stderr(test, ended))
                problems += [f"{test.name}: {wrong}"] if wrong else []
    return words, problems


def summary(words):
    """One cell for the words of all cases of a variant."""
    count = collections.Counter(word for word in words if word != NONE)
    if not count:
        return "–"
    order = list(OUTCOMES)
    worst = max(count, key=order.index)
    if len(count) == 1:
        return worst
    noticed = sum(count[word] for word in NOTICED)
    return f"{noticed}/{count.total()}, {worst}" if worst != "late" else "caught, late"
