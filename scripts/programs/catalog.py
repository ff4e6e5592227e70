"""All programs, and the inputs that their scripts name.

A program is a shell script. It runs in an empty folder of its own, which is also $HOME and $TMPDIR. $IN names
the folder of inputs, $WORK that of programs in other languages, $PORT a free port, $MANY how much to do (1 in a
short run, else 3), $USER_HOME the caller's home. What the script prints is its result. `look` is a short
command that starts each executable once, to see where malloc binds.
"""

import pathlib
import re
import shutil

import bench.inputs

from . import browsers, compilers, inputs, languages, media, servers, tools

PROGRAMS = (*servers.PROGRAMS, *languages.PROGRAMS, *compilers.PROGRAMS, *tools.PROGRAMS, *media.PROGRAMS,
            *browsers.PROGRAMS)

WORK = pathlib.Path(__file__).resolve().parent / "work"

INPUTS = {
    "text": lambda path, many: inputs.text(path, 30),
    "big": lambda path, many: inputs.text(path, 30, 1 if many == 1 else 7),
    "history": lambda path, many: inputs.history(path, 300 * many),
    "many.c": lambda path, many: inputs.c_source(path, 400),
    "Makefile": lambda path, many: inputs.makefile(path, 150 * many),
    "tree": lambda path, many: inputs.tree(path, 200 * many),
    "commands": lambda path, many: inputs.redis_commands(path, 15000 * many),
    "pages.ps": lambda path, many: bench.inputs.postscript(path, 4 * many),
    "problems.smt2": lambda path, many: bench.inputs.smt(path, 200 * many),
    "document.pdf": lambda path, many: inputs.pdf(path, 10 * many),
    "graph.dot": lambda path, many: inputs.graph(path, 40 + 30 * many),
}


def prepare(folder, programs, quick):
    """Writes to `folder` what the programs' scripts read."""
    shutil.copytree(WORK, folder / "work")
    named = {name for program in programs for name in re.findall(r"\$IN/([\w.]+)", program.script)}
    for name in sorted(named):
        INPUTS[name](folder / name, 1 if quick else 3)
