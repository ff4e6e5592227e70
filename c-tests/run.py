#!/usr/bin/env python3
"""Run the C tests against an allocator.

A test is a program of one of the folders below, or a Python script there. What it asks for stands in its first
comments, one directive a line, /* NAME: VALUE */ in C and # NAME: VALUE in Python:

  needs: pigalloc         asks for what only pigalloc promises; elsewhere it is skipped
  needs: root             asks for the superuser
  beyond-glibc: REASON    asks for more than glibc 2.36 gives: skipped under --lib system, run on any other
  cases: A B C            one run, and one result, for each word, which becomes the argument
  env: A=B                an environment variable (any number of these lines)
  env-clear: yes          no environment at all but the preload and the lines above
  preload-before: FILE    a helper library (built from FILE's .lib.c) named before the allocator in LD_PRELOAD
  preload-after: FILE     the same, named after it
  timeout: SECONDS        60 if not said
  expect-signal: ABRT     the program must die by this signal; "ABRT or none" also takes a good end
  expect-exit: CODE       the exit code, 0 if not said
  expect-stderr: TEXT     stderr must be exactly "pigalloc: TEXT", once, where %p stands for the pointer that the
                          program printed as its last line on stdout and %x for any pointer; several lines are
                          alternatives
  expect-stdout: TEXT     stdout must be exactly this
  expect-xml: ROOT        stdout must be well-formed XML with this root element
  cflags:, link:          for the compiler (read by the Makefile)

Exit code 0 passes, 77 skips, with the last line of stderr as the reason; everything else fails. Scripts start
without the preload and find the allocator's path, or "system", in C_TEST_LIB and the build folder in C_TEST_BUILD.
"""
import argparse
import concurrent.futures
import dataclasses
import fnmatch
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "c-tests"
FOLDERS = "api glibc cxx life threads fork limits misuse settings pig link".split()
DIRECTIVE = re.compile(r"^(?:/\*|#) ([a-z-]+): (.*?)(?: \*/)?$")
KNOWN = set("needs beyond-glibc cases env env-clear preload-before preload-after timeout expect-signal expect-exit "
            "expect-stderr expect-stdout expect-xml cflags link".split())
EXIT_SKIP = 77
KEPT_OUTPUT = 1 << 20


@dataclasses.dataclass
class Test:
    """One program or script with one argument at most."""
    name: str
    source: pathlib.Path
    wants: dict
    argument: str | None

    def first(self, directive, default=None):
        return self.wants.get(directive, [default])[0]


@dataclasses.dataclass
class Ended:
    """How a process ended and what it wrote."""
    code: int | None
    stdout: str
    stderr: str


def directives(source):
    """The directives in the head of a file; an unknown one is an error: it would not be obeyed."""
    found = {}
    for line in source.read_text().splitlines()[:40]:
        match = DIRECTIVE.match(line)
        if match is None:
            continue
        if match[1] not in KNOWN:
            sys.exit(f"run.py: {source}: unknown directive '{match[1]}'")
        found.setdefault(match[1], []).append(match[2].strip())
    return found


def collect(pattern):
    """Every test whose name contains the pattern, or matches it where it has wildcards."""
    tests = []
    for folder in FOLDERS:
        for source in sorted((HERE / folder).glob("*")):
            if source.suffix not in (".c", ".cc", ".py") or source.name.endswith((".lib.c", ".lib.cc", "example.c")):
                continue
            wants = directives(source)
            cases = " ".join(wants.get("cases", [])).split() or [None]
            for case in cases:
                name = f"{folder}/{source.stem}" + (f"[{case}]" if case else "")
                if pattern in name or fnmatch.fnmatch(name, pattern):
                    tests.append(Test(name, source, wants, case))
    return tests


def reason_to_skip(test, lib):
    """Why this test does not run here, or None."""
    needs = " ".join(test.wants.get("needs", [])).split()
    if "root" in needs and os.geteuid() != 0:
        return "needs the superuser"
    if "pigalloc" in needs and not (lib and lib.name.startswith("libpigalloc")):
        return "asks for what only pigalloc promises"
    if lib is None and "beyond-glibc" in test.wants:
        return "glibc: " + test.first("beyond-glibc")
    if test.source.parent.name == "pig" and test.source.suffix == ".c" and not program(test).exists():
        return "include/pigalloc.h is not there"
    return None


def program(test):
    """The binary that the Makefile builds from a source."""
    return BUILD / test.source.relative_to(HERE).with_suffix("")


def environment(test, lib):
    """The environment of a test: the caller's, without what steers an allocator."""
    env = {}
    if "env-clear" not in test.wants:
        env = {k: v for k, v in os.environ.items()
               if k not in ("LD_PRELOAD", "GLIBC_TUNABLES", "MAKEFLAGS", "MFLAGS")
               and not k.startswith(("PIGALLOC_", "MALLOC_"))}
        env |= {"C_TEST_LIB": str(lib or "system"), "C_TEST_BUILD": str(BUILD)}
    for line in test.wants.get("env", []):
        key, _, value = line.partition("=")
        env[key] = value
    if test.source.suffix != ".py":
        objects = [str(BUILD / f) for f in test.wants.get("preload-before", [])]
        objects += [str(lib)] if lib else []
        objects += [str(BUILD / f) for f in test.wants.get("preload-after", [])]
        if objects:
            env["LD_PRELOAD"] = ":".join(objects)
    return env


def execute(command, env, timeout):
    """Run a command in a process group of its own and leave none of its children behind."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   start_new_session=True, cwd=HERE)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            code = None
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read(KEPT_OUTPUT).decode(errors="replace"))
    return Ended(code, *texts)


def signal_name(code):
    return signal.Signals(-code).name.removeprefix("SIG")


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1][:200] if lines else ""


def wrong_end(test, ended):
    """What is wrong about the exit code or the signal, or None."""
    wanted = test.first("expect-signal", "none").split(" or ")
    got = signal_name(ended.code) if ended.code < 0 else "none"
    said = last_line(ended.stderr) or last_line(ended.stdout) or "nothing said"
    if got not in wanted:
        ending = f"died by SIG{got}" if ended.code < 0 else f"exit code {ended.code}"
        return f"{ending}, not {' or '.join(wanted)}: {said}" if wanted != ["none"] else f"{ending}: {said}"
    if ended.code >= 0 and ended.code != int(test.first("expect-exit", "0")):
        return f"exit code {ended.code}: {said}"
    return None


def wrong_stderr(test, ended):
    """What is wrong about the message of misuse, or None."""
    alternatives = test.wants.get("expect-stderr")
    if alternatives is None or (ended.code == 0 and "or none" in test.first("expect-signal", "")):
        return None
    pointer = last_line(ended.stdout)
    for text in alternatives:
        exact = re.escape(f"pigalloc: {text}\n").replace("%p", re.escape(pointer)).replace("%x", "0x[0-9a-f]+")
        if re.fullmatch(exact, ended.stderr):
            return None
    return f"stderr is {ended.stderr[:200]!r}, not 'pigalloc: {alternatives[0]}' of {pointer}"


def wrong_stdout(test, ended):
    """What is wrong about stdout, or None."""
    text = test.first("expect-stdout")
    if text is not None and ended.stdout.rstrip("\n") != text:
        return f"stdout is {ended.stdout[:200]!r}, not {text!r}"
    root = test.first("expect-xml")
    if root is not None:
        try:
            element = xml.etree.ElementTree.fromstring(ended.stdout)
        except xml.etree.ElementTree.ParseError as error:
            return f"stdout is not well-formed XML: {error}"
        if element.tag != root:
            return f"the root element is <{element.tag}>, not <{root}>"
    return None


def run(test, lib):
    """Run one test: its word (ok, FAIL, skip), the reason, and the seconds it took."""
    why = reason_to_skip(test, lib)
    if why:
        return "skip", why, 0.0
    command = [sys.executable, str(test.source)] if test.source.suffix == ".py" else [str(program(test))]
    command += [test.argument] if test.argument else []
    timeout = float(test.first("timeout", "60"))
    began = time.monotonic()
    ended = execute(command, environment(test, lib), timeout)
    took = time.monotonic() - began
    if ended.code is None:
        return "FAIL", f"still running after {timeout:.0f} s: {last_line(ended.stderr)}", took
    if ended.code == EXIT_SKIP:
        return "skip", last_line(ended.stderr), took
    why = wrong_end(test, ended) or wrong_stderr(test, ended) or wrong_stdout(test, ended)
    return ("FAIL", why, took) if why else ("ok", "", took)


def check_preload(lib):
    """ld.so goes on without a preload that it cannot load, and the tests would praise the wrong allocator."""
    env = {"LD_PRELOAD": str(lib)} if lib else {}
    ended = execute([str(BUILD / "where")], env, 20)
    if ended.code != 0:
        sys.exit(f"run.py: no program starts with {lib}: {last_line(ended.stderr)}")
    origin = pathlib.Path(ended.stdout.strip())
    if lib and not (origin.exists() and origin.samefile(lib)):
        sys.exit(f"run.py: malloc comes from {origin}, not from {lib}: {last_line(ended.stderr)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lib", default="system",
                        help="the allocator's shared object, or 'system' for no preload")
    parser.add_argument("--only", default="", metavar="PATTERN",
                        help="tests whose name contains or matches this")
    parser.add_argument("--jobs", type=int, default=2, help="how many tests at a time (default 2)")
    parser.add_argument("--times", action="store_true", help="show the seconds of every test")
    options = parser.parse_args()

    lib = None if options.lib == "system" else pathlib.Path(options.lib).resolve()
    if lib and not lib.is_file():
        sys.exit(f"run.py: {lib}: no such library")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    check_preload(lib)

    tests = collect(options.only)
    if not tests:
        sys.exit(f"run.py: no test matches '{options.only}'")
    count = {"ok": 0, "FAIL": 0, "skip": 0}
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        for test, (word, why, took) in zip(tests, pool.map(lambda t: run(t, lib), tests)):
            count[word] += 1
            seconds = f" ({took:.2f} s)" if options.times else ""
            print(f"{word} {test.name}{seconds}" + (f": {why}" if why else ""), flush=True)
    print(f"{count['ok']} passed, {count['FAIL']} failed, {count['skip']} skipped")
    return 1 if count["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main())
