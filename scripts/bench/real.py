"""Real programs from Debian packages, each with a fixed amount of work on generated inputs.

A program's output counts too: it must be the same in every run of the same amount of work, whatever the
allocator is.
"""

import hashlib
import pathlib
import subprocess
from typing import Callable, Sequence

from figures import launch

from . import binding, inputs, packages, servers
from .workload import Context, Sample, Workload

SOURCES = pathlib.Path(__file__).resolve().parent / "sources"

_outputs = {}  # (workload, scale) -> digest of what its first run printed


def amount(context, full):
    """So many rounds, files or statements, of `full` at scale 1."""
    return max(1, round(full * context.scale))


def _other_output(name, context, out, made):
    digest = hashlib.sha256(out)
    for file in made:
        digest.update((context.scratch / file).read_bytes())
    digest = digest.digest()
    return _outputs.setdefault((name, context.scale), digest) != digest


def real(name, title, command: Callable[[Context], Sequence], needs, debs, *, environment=(), same=True,
         made=(), inner=None, warm_mb=200, **more):
    """A workload of one command, whose first word is one of `needs`.

    `same`: what it prints, and the files `made`, are the same in every run. `inner` tells which executable does
    the work if it is not the command itself.
    """
    def run(context):
        program, *arguments = command(context)
        wrong = binding.elsewhere(inner() if inner else program, context.settings)
        if wrong:
            return Sample(0.0, 0.0, 0.0, 0, 0.0, wrong)
        done = launch.run([packages.find(program), *arguments], ["LC_ALL=C", *environment, *context.settings],
                          seconds=context.seconds, cwd=context.scratch)
        fate = "" if done.ok else done.fate
        if done.ok and same and _other_output(name, context, done.out, made):
            fate = "other output"
        return Sample(done.wall, done.cpu, done.peak_mb, done.faults, done.busy, fate)
    return Workload(name, "real", title, run, needs=tuple(needs.split()), packages=tuple(debs.split()),
                    warm_mb=warm_mb, **more)


def prepared(write, name, *arguments):
    """The `prepare` of a workload that needs one input."""
    return lambda folder: write(folder / name, *arguments)


# Each gives the command of a workload.

def script(program, source, rounds):
    return lambda context: [program, SOURCES / source, amount(context, rounds)]


def sqlite(context):
    statements = (SOURCES / "shop.sql").read_text().replace("{rows}", str(amount(context, 200_000)))
    (context.scratch / "shop.sql").write_text(statements)
    return ["sqlite3", ":memory:", ".read shop.sql"]


def ghostscript(context):
    pages = [context.inputs / "pages.ps"] * amount(context, 10)
    return ["gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=pdfwrite", "-sOutputFile=/dev/null",
            *pages]


def z3(context):
    head, *problems = (context.inputs / "problems.smt2").read_text().split("(push)\n")
    some = problems[:amount(context, len(problems))]
    (context.scratch / "some.smt2").write_text("(push)\n".join([head, *some]))
    return ["z3", "some.smt2"]


def compiler(program):
    return lambda context: [program, "-std=c++17", "-O0", "-c", "-o", "headers.o",
                            f"-DCOPIES={amount(context, 3)}", SOURCES / "headers.cc"]


def cc1plus():
    """The compiler proper behind g++."""
    command = [packages.find("g++"), "-print-prog-name=cc1plus"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def git(most, *arguments):
    """Git in the generated repository; {n} is the number of commits to look at, `most` at scale 1."""
    def command(context):
        commits = amount(context, most)
        return ["git", "-C", context.inputs / "repository", *(word.format(n=commits) for word in arguments)]
    return command


def xmllint(context):
    return ["xmllint", "--noout", *[context.inputs / "catalog.xml"] * amount(context, 10)]


JQ = """group_by(.tags | length)
    | map({n: length, s: (map(.name | ascii_upcase) | join("-") | length), t: (map(.size) | add)})"""


def jq(context):
    return ["jq", "-c", JQ, *[context.inputs / "rows.json"] * amount(context, 8)]


def sort(context):
    return ["sort", "-S", "300M", "--parallel=2", "-k3,3", "-k1,1n", "-o", "/dev/null",
            *[context.inputs / "lines"] * amount(context, 5)]


def rocksdb(context):
    count = amount(context, 140_000)
    return ["db_bench", "--benchmarks=fillrandom,readrandom,overwrite,seekrandom,deleterandom",
            f"--num={count}", f"--reads={count // 4}", "--db=db", "--threads=1", "--seed=1", "--value_size=200",
            "--disable_wal=1", "--compression_type=none", "--write_buffer_size=8388608"]


def image(context):
    side = amount(context, 900)
    return ["convert", "-limit", "thread", "2", "-seed", "1", "-size", f"{side}x900", "plasma:navy-gold",
            "-resize", "150%", "-blur", "0x3", "-rotate", "7", "-normalize", "-colorspace", "Lab",
            "-colorspace", "sRGB", "-colors", "64", "-strip", "png:/dev/null"]


GIT = tuple(f"{name}={value}" for name, value in inputs.GIT.items())
PYTHON = ("PYTHONMALLOC=malloc", "PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1")
REPOSITORY = prepared(inputs.repository, "repository", inputs.COMMITS)

PROGRAMS = (
    real("python-records", "CPython, JSON records", script("python3", "records.py", 14), "python3", "python3",
         environment=PYTHON, quick=True),
    real("python-compiler", "CPython, a small compiler", script("python3", "compiler.py", 300), "python3",
         "python3", environment=PYTHON),
    real("perl", "Perl, text and hashes", script("perl", "words.pl", 10), "perl", "perl",
         environment=("PERL_HASH_SEED=0", "PERL_PERTURB_KEYS=0")),
    real("lua", "Lua, trees and strings", script("lua5.4", "trees.lua", 40), "lua5.4", "lua5.4", quick=True),
    real("node", "Node.js, buffers and compression", script("node", "service.js", 30), "node", "nodejs",
         threads=2),
    real("sqlite", "SQLite in memory", sqlite, "sqlite3", "sqlite3", quick=True),
    real("ghostscript", "Ghostscript, PostScript to PDF", ghostscript, "gs", "ghostscript",
         prepare=prepared(inputs.postscript, "pages.ps", 10)),
    real("z3", "Z3, bit vectors and arithmetic", z3, "z3", "z3",
         prepare=prepared(inputs.smt, "problems.smt2", 300)),
    real("gcc", "g++ on header-heavy C++", compiler("g++"), "g++", "g++", inner=cc1plus, made=("headers.o",),
         warm_mb=500),
    real("clang", "clang++ on header-heavy C++", compiler("clang++"), "clang++", "clang", made=("headers.o",),
         warm_mb=400, quick=True),
    real("git-log", "git log with patches",
         git(2000, "log", "-p", "--stat", "-M", "-n{n}", "--output=/dev/null", "main"),
         "git", "git", environment=GIT, prepare=REPOSITORY),
    real("git-blame", "git blame", git(inputs.COMMITS - 1, "blame", "-C", "main~{n}..main", "--", "long"),
         "git", "git", environment=GIT, prepare=REPOSITORY),
    real("xmllint", "xmllint, parse", xmllint, "xmllint", "libxml2-utils", quick=True,
         prepare=prepared(inputs.xml, "catalog.xml", 20_000)),
    real("jq", "jq, group and join", jq, "jq", "jq", prepare=prepared(inputs.json_rows, "rows.json", 12_000)),
    real("sort", "sort of lines by two keys", sort, "sort", "coreutils", warm_mb=500, threads=2,
         prepare=prepared(inputs.lines, "lines", 12)),
    real("rocksdb", "RocksDB, writes and reads", rocksdb, "db_bench", "rocksdb-tools", same=False, threads=2),
    real("imagemagick", "ImageMagick, several operations", image, "convert", "imagemagick", warm_mb=400,
         threads=2),
)

REAL = PROGRAMS + servers.SERVERS
