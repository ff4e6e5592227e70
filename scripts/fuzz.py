#!/usr/bin/env python3
"""Builds the fuzz target of fuzz/ and runs it: programs made of bytes, against the naive model of the tests.

    fuzz.py                   a minute
    fuzz.py --seconds 600     ten
    fuzz.py --replay          only what is kept in fuzz/corpus and fuzz/crashes, once
    fuzz.py --merge           add to fuzz/corpus what build/fuzz has found beyond it, in the smallest files
    fuzz.py --minimize FILE   a smaller file that fails as well

It needs no other toolchain than the stable one: the coverage that libFuzzer follows is a pass of LLVM, switched on
by plain flags, and no sanitizer is in it; the harness and libFuzzer keep the system's malloc. What was found goes on
in build/fuzz from run to run. A program that fails is kept in fuzz/crashes, and from then on is a test: the unit
test `fuzz::tests::corpus` and each run here begin with all that is kept. Where libFuzzer cannot be built, a line
`skipped: …` says why, and the exit status is 0.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CRATE = ROOT / "fuzz"
TARGET_DIR = ROOT / "target" / "fuzz"
CARGO = os.environ.get("CARGO", "cargo")
TRIPLE = "x86_64-unknown-linux-gnu"
BINARY = TARGET_DIR / TRIPLE / "release" / "calls"
KEPT, CRASHES = CRATE / "corpus", CRATE / "crashes"
FOUND = ROOT / "build" / "fuzz"
COVERAGE = ("level=4", "inline-8bit-counters", "pc-table", "trace-compares")
FLAGS = ["-Cpasses=sancov-module", *(f"-Cllvm-args=-sanitizer-coverage-{name}" for name in COVERAGE),
         "-Ccodegen-units=1"]
# Bytes of a program, and seconds that one may take.
LONGEST, PATIENCE = 1024, 30


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--replay", action="store_true")
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("--minimize", type=pathlib.Path, metavar="FILE")
    return parser.parse_args()


def cargo(*more):
    """Builds with coverage. The triple keeps the flags from what cargo builds to run by itself."""
    command = [CARGO, "build", "--release", "--quiet", "--locked", "--target", TRIPLE,
               "--manifest-path", str(CRATE / "Cargo.toml"), "--target-dir", str(TARGET_DIR), *more]
    environment = {**os.environ, "RUSTFLAGS": " ".join(FLAGS)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def build():
    """The target, or why it cannot be here. What is wrong with pigalloc's own sources is a failure."""
    if shutil.which(CARGO) is None:
        return f"{CARGO} is not there"
    if shutil.which(os.environ.get("CXX", "c++")) is None:
        return "no C++ compiler for libFuzzer"
    engine = cargo("--package", "libfuzzer-sys")
    if engine.returncode != 0:
        lines = [line for line in engine.stderr.splitlines() if line.strip()]
        return f"libFuzzer cannot be built: {lines[0] if lines else 'cargo said nothing'}"
    done = cargo()
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return None


def options(*more):
    return [f"-max_len={LONGEST}", f"-timeout={PATIENCE}", f"-artifact_prefix={CRASHES}/", *more]


def run(*more, **how):
    """Runs the target."""
    return subprocess.run([str(BINARY), *options(*more)], check=False, stderr=subprocess.STDOUT, **how)


def files(folder):
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def main():
    chosen = arguments()
    why = build()
    if why:
        print(f"skipped: {why}")
        return 0
    FOUND.mkdir(parents=True, exist_ok=True)
    if chosen.minimize:
        smaller = CRASHES / f"{chosen.minimize.name}.smaller"
        return run("-minimize_crash=1", "-max_total_time=60", f"-exact_artifact_path={smaller}",
                   str(chosen.minimize)).returncode
    if chosen.merge:
        # Counters would keep a file for each number of times that a place was reached.
        return run("-merge=1", "-use_counters=0", str(KEPT), str(FOUND)).returncode
    # Each in the same process, in the order of their names.
    kept = [str(path) for folder in (CRASHES, KEPT) for path in files(folder)]
    began = time.monotonic()
    replayed = run("-verbosity=0", *kept, stdout=subprocess.PIPE)
    if replayed.returncode != 0:
        print(replayed.stdout.decode(errors="replace"), "a kept program fails", sep="\n")
        return 1
    print(f"{len(kept)} kept programs replayed in {time.monotonic() - began:.1f} s", flush=True)
    if chosen.replay:
        return 0
    before = set(files(CRASHES))
    fuzzed = run(f"-max_total_time={chosen.seconds}", "-print_final_stats=1", str(FOUND), str(KEPT), str(CRASHES))
    for path in sorted(set(files(CRASHES)) - before):
        print(f"kept as a test: {path.relative_to(ROOT)}")
    return 1 if fuzzed.returncode != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
