"""A suite's folder in the cache: its unpacked source, what was built of it, and a manifest that says of what."""

import hashlib
import json
import pathlib
import shutil

from bench.workshop import Failed, Workshop

from . import sources
from .suite import SHIMS

HERE = pathlib.Path(__file__).resolve().parent


def _recipe(suite):
    """A digest of all that decides how the suite is built."""
    files = [HERE / "suite.py", HERE / f"{suite.name}.py",
             *sorted(path for path in (SHIMS / suite.name).rglob("*") if path.is_file())]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def ready(suite, where, apt):
    """(the built tree, its version); raises Unavailable or Failed."""
    folder = where / suite.name
    manifest = folder / "manifest.json"
    recipe = _recipe(suite)
    if manifest.is_file():
        known = json.loads(manifest.read_text())
        if known["recipe"] == recipe:
            return folder / "tree", known["version"]
    shutil.rmtree(folder, ignore_errors=True)
    version = apt.unpack(suite.package, folder / "tree")
    with open(where / f"{suite.name}.log", "w") as log:
        try:
            suite.build(Workshop(folder, log), folder / "tree")
        except (Failed, ValueError, OSError) as trouble:
            raise Failed(f"cannot be built: {trouble} ({log.name})") from trouble
    manifest.write_text(json.dumps({"recipe": recipe, "version": version}))
    return folder / "tree", version


__all__ = ["Failed", "ready", "sources"]
