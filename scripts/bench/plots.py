"""Has plots drawn: by this Python if it has matplotlib, else by one in build/plots that gets it from PyPI."""

import json
import pathlib
import subprocess
import sys

from figures.allocators import ROOT

DRAW = pathlib.Path(__file__).resolve().parent / "draw.py"
OWN = ROOT / "build" / "plots"


def has_matplotlib(python):
    try:
        return subprocess.run([python, "-c", "import matplotlib"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def python_that_draws():
    """The path of a Python with matplotlib, or None."""
    own = str(OWN / "bin" / "python3")
    for python in (sys.executable, own):
        if has_matplotlib(python):
            return python
    try:
        subprocess.run([sys.executable, "-m", "venv", str(OWN)], capture_output=True, check=True, timeout=120)
        subprocess.run([own, "-m", "pip", "install", "--quiet", "matplotlib"], capture_output=True, check=True,
                       timeout=300)
    except (OSError, subprocess.SubprocessError):
        return None
    return own if has_matplotlib(own) else None


def draw(kind, results, place):
    """[(file, title)] of the plots that were written to the folder; none where matplotlib cannot be had."""
    python = python_that_draws()
    if python is None:
        print("bench: no plots, since matplotlib is not there and cannot be installed", file=sys.stderr)
        return []
    done = subprocess.run([python, str(DRAW), kind, str(results), str(place)], capture_output=True, check=False)
    if done.returncode != 0:
        print(f"bench: no plots: {done.stderr.decode(errors='replace').strip().splitlines()[-1]}", file=sys.stderr)
        return []
    return [tuple(pair) for pair in json.loads(done.stdout)]
