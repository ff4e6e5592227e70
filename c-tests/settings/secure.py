"""A set-user-ID program takes no order from the environment: linked with the library it works, and is silent
about settings that make others talk."""
# needs: pigalloc root
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

NOBODY = 65534
library = pathlib.Path(os.environ["C_TEST_LIB"])
source = """#include <stdlib.h>
#include <sys/auxv.h>
int main(void) { free(malloc(100)); return getauxval(AT_SECURE) ? 7 : 0; }
"""
settings = {"PIGALLOC_HELP": "1", "PIGALLOC_STATS": "1", "PIGALLOC_NONSENSE": "1"}

with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    folder.chmod(0o755)
    shutil.copy(library, folder / "libpigalloc.so.0")
    program = folder / "program"
    subprocess.run(["gcc", "-x", "c", "-", "-o", program, "-fno-builtin", f"-Wl,-rpath,{folder}",
                    "-Wl,--no-as-needed", "-x", "none", folder / "libpigalloc.so.0"], input=source, text=True, check=True)

    def ended(user):
        """How the program ends for this user."""
        return subprocess.run([program], env=settings, capture_output=True, text=True, user=user, cwd="/")

    plain = ended(NOBODY)
    assert plain.returncode == 0 and "PIGALLOC_NONSENSE" in plain.stderr, plain
    program.chmod(0o4755)
    secure = ended(NOBODY)
    if secure.returncode == 0:
        print("set-user-ID programs do not work here", file=sys.stderr)
        sys.exit(77)
    assert secure.returncode == 7 and secure.stderr == "", secure
