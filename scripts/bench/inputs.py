"""Inputs of the real programs, generated the same on every machine.

Each function writes one file or folder, unless it is there and not older than the code that says what is in it.
"""

import functools
import json
import os
import pathlib
import random
import shutil
import subprocess

from programs.inputs import WORDS, text

from . import packages

COMMITS = 3500
GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}


HERE = pathlib.Path(__file__).resolve().parent


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def once(write):
    """Writes only what is missing or stale, and gives it its name only when it is complete."""
    @functools.wraps(write)
    def wrapper(path, *arguments):
        changed = max((HERE / source).stat().st_mtime for source in ("inputs.py", "real.py", "servers.py"))
        if path.exists() and path.stat().st_mtime > changed:
            return
        part = path.with_name(path.name + ".part")
        _remove(part)
        write(part, *arguments)
        _remove(path)
        os.utime(part)
        part.rename(path)
    return wrapper


lines = once(text)


@once
def xml(path, entries):
    """A catalog: names, attributes, nested lists, entities, comments."""
    source = random.Random(11)
    with open(path, "w") as file:
        file.write('<?xml version="1.0"?>\n<catalog xmlns:m="urn:maker">\n')
        for n in range(entries):
            parts = "".join(f'<part m:no="{source.randrange(10**6)}">{source.choice(WORDS)} &amp; '
                            f"{source.choice(WORDS)}</part>" for _ in range(source.randrange(1, 9)))
            prose = " ".join(source.choices(WORDS, k=20))
            file.write(f'<item id="i{n}" kind="{source.choice(WORDS)}"><!-- {n} -->'
                       f"<name>{source.choice(WORDS)} {n}</name><m:parts>{parts}</m:parts>"
                       f"<text>{prose}</text></item>\n")
        file.write("</catalog>\n")


@once
def json_rows(path, rows):
    """One array of objects."""
    source = random.Random(12)
    with open(path, "w") as file:
        json.dump([{"id": n, "name": f"{source.choice(WORDS)} {n}",
                    "tags": source.choices(WORDS, k=source.randrange(6)), "size": source.randrange(10**6),
                    "at": {"x": source.random(), "y": [n, None, True]}} for n in range(rows)], file)


@once
def postscript(path, pages):
    """Pages of text, curves, clipped patterns, dictionaries and strings."""
    source = random.Random(13)
    with open(path, "w") as file:
        file.write("%!PS-Adobe-3.0\n/names 500 dict def\n"
                   "/note { dup length string copy cvn names exch 1 put } bind def\n")
        for page in range(pages):
            file.write(f"%%Page: {page + 1} {page + 1}\n"
                       f"/Times-Roman findfont {9 + page % 4} scalefont setfont\n")
            for line in range(60):
                words = " ".join(source.choices(WORDS, k=12))
                file.write(f"40 {760 - 12 * line} moveto ({words}) show (n{source.randrange(400)}) note\n")
            for _ in range(150):
                x, y, *more = (source.randrange(600) for _ in range(8))
                colour = " ".join(f"{source.random():.2f}" for _ in range(3))
                file.write(f"gsave {colour} setrgbcolor "
                           f"newpath {x} {y} moveto {' '.join(map(str, more))} curveto closepath "
                           f"{'clip newpath 0 0 600 800 rectfill' if page % 3 == 0 else 'fill'} grestore\n")
            file.write("showpage\n")


@once
def smt(path, problems):
    """Problems for a solver: bit vectors, linear arithmetic, uninterpreted functions; one answer each."""
    source = random.Random(14)
    with open(path, "w") as file:
        file.write("(set-option :smt.random_seed 1)\n(declare-fun f (Int) Int)\n")
        for n in range(problems):
            file.write("(push)\n")
            if n % 2:
                for k in range(14):
                    file.write(f"(declare-const x{k} Int)\n(assert (and (< 0 x{k}) (< x{k} 40)))\n")
                for _ in range(22):
                    a, b, c = source.sample(range(14), 3)
                    file.write(f"(assert (or (< (+ x{a} (* {source.randrange(2, 5)} x{b})) (f x{c})) "
                               f"(> (f x{a}) (+ x{b} {source.randrange(30)})) (= (f x{b}) x{c})))\n")
            else:
                file.write("".join(f"(declare-const b{k} (_ BitVec 12))\n" for k in range(5)))
                for _ in range(4):
                    a, b, c = source.sample(range(5), 3)
                    file.write(f"(assert (= (bvmul b{a} (bvadd b{b} #x{source.randrange(4096):03x})) "
                               f"(bvxor b{c} (bvshl b{a} #x003))))\n")
                file.write("(assert (distinct b0 b1 b2 b3 b4 #x000))\n")
            file.write("(check-sat)\n(pop)\n")


def _stream(commits):
    """A git fast-import stream: a long file of which each commit changes some lines, small files beside it."""
    source = random.Random(15)
    body = [f"{source.choice(WORDS)} {n} {source.choice(WORDS)}\n" for n in range(1500)]
    small = [[f"{source.choice(WORDS)} {n}\n" for n in range(120)] for _ in range(200)]
    for n in range(1, commits + 1):
        for _ in range(4):
            at = source.randrange(len(body))
            body[at:at + source.randrange(3)] = [f"{source.choice(WORDS)} {source.randrange(10**6)}\n"
                                                 for _ in range(source.randrange(3))]
        which = source.randrange(len(small))
        small[which][source.randrange(120)] = f"{source.choice(WORDS)} of {n}\n"
        files = [("long", "".join(body)), (f"d{which % 14}/f{which}", "".join(small[which]))]
        message = f"change {n}\n\n{' '.join(source.choices(WORDS, k=30))}"
        yield (f"commit refs/heads/main\nmark :{n}\n"
               f"committer A{n % 7} <a{n % 7}@example.org> {1700000000 + 60 * n} +0000\n"
               f"data {len(message)}\n{message}\n" + (f"from :{n - 1}\n" if n > 1 else ""))
        for name, data in files:
            yield f"M 100644 inline {name}\ndata {len(data)}\n{data}\n"


@once
def repository(path, commits):
    """A packed git repository with one branch, main."""
    git = packages.find("git")
    environment = {**os.environ, **GIT}
    subprocess.run([git, "init", "-q", "-b", "main", str(path)], env=environment, check=True)
    command = [git, "fast-import", "--quiet"]
    with subprocess.Popen(command, cwd=path, env=environment, stdin=subprocess.PIPE) as load:
        for piece in _stream(commits):
            load.stdin.write(piece.encode())
        load.stdin.close()
        if load.wait() != 0:
            raise RuntimeError("git fast-import failed")
    subprocess.run([git, "repack", "-a", "-d", "-q"], cwd=path, env=environment, check=True)
