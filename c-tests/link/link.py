"""The example of link/ builds and runs, linked with the shared object and with the static archive."""
# needs: pigalloc
# cases: shared static
import os
import pathlib
import re
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
include = here.parent.parent / "include"
library = pathlib.Path(os.environ["C_TEST_LIB"])
archive = library.with_suffix(".a")
kind = sys.argv[1]

if not (include / "pigalloc.h").exists() or (kind == "static" and not archive.exists()):
    print("the header or the archive is not there", file=sys.stderr)
    sys.exit(77)

with tempfile.TemporaryDirectory() as folder:
    program = pathlib.Path(folder) / "example"
    command = ["gcc", "-std=c17", "-O2", "-Wall", "-Wextra", "-Werror", f"-I{include}", here / "example.c",
               "-o", program]
    command += [archive] if kind == "static" else [f"-L{library.parent}", "-lpigalloc", f"-Wl,-rpath,{folder}"]
    subprocess.run(command, check=True)
    (pathlib.Path(folder) / "libpigalloc.so.0").symlink_to(library)
    needed = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    names = re.findall(r"\(NEEDED\).*\[(.*)\]", needed)
    assert ("libpigalloc.so.0" in names) == (kind == "shared"), names
    ended = subprocess.run([program], capture_output=True, text=True)
    assert ended.returncode == 0, ended
    assert re.fullmatch(r"hello from pigalloc \d+\.\d+\.\d+\S*, its own block\n", ended.stdout), ended
    assert ended.stderr == "", ended
