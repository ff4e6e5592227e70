"""A program starts under the preload in a root that holds nothing but it, its libraries and the allocator."""
# needs: root
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

build = pathlib.Path(os.environ["C_TEST_BUILD"])
library = os.environ["C_TEST_LIB"]
program = build / "life" / "atexit"

with tempfile.TemporaryDirectory() as folder:
    root = pathlib.Path(folder)
    listing = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    for needed in re.findall(r"(/\S+) \(0x", listing):
        (root / needed.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(needed, root / needed.lstrip("/"))
    shutil.copy(program, root / "program")
    env = {}
    if library != "system":
        shutil.copy(library, root / "allocator.so")
        env["LD_PRELOAD"] = "/allocator.so"
    try:
        ended = subprocess.run(["/program"], env=env, capture_output=True, text=True, cwd="/",
                               preexec_fn=lambda: os.chroot(root))
    except (PermissionError, subprocess.SubprocessError) as error:
        print(f"may not chroot here: {error}", file=sys.stderr)
        sys.exit(77)
    assert ended.returncode == 0, ended
    assert ended.stdout == "handler destructor", ended
    assert ended.stderr == "", ended
