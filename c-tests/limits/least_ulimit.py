"""The least RLIMIT_AS and RLIMIT_DATA at which /bin/true starts under the preload are those of glibc, but for
the library's own pages and a small margin."""
import os
import resource
import subprocess
import sys

KIB = 1024
MARGIN = 1024 * KIB
library = os.environ["C_TEST_LIB"]


def starts(limit, size, env):
    """Whether /bin/true ends well, silently, under a limit of `size` bytes."""
    try:
        ended = subprocess.run(["/bin/true"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               preexec_fn=lambda: resource.setrlimit(limit, (size, size)))
    except OSError:
        return False
    return ended.returncode == 0 and not ended.stderr


def least(limit, env):
    """The least size, to 64 KiB, at which the program starts."""
    low, high = 0, 512 * 1024 * KIB
    while high - low > 64 * KIB:
        middle = (low + high) // 2
        if starts(limit, middle, env):
            high = middle
        else:
            low = middle
    return high


own = os.path.getsize(library) if library != "system" else 0
preloaded = {"LD_PRELOAD": library} if own else {}
for name in ("RLIMIT_AS", "RLIMIT_DATA"):
    plain, under = least(getattr(resource, name), {}), least(getattr(resource, name), preloaded)
    allowed = plain + own + MARGIN
    if under > allowed:
        sys.exit(f"{name}: {plain // KIB} KiB for glibc, {under // KIB} KiB under the preload, "
                 f"{allowed // KIB} KiB allowed")
