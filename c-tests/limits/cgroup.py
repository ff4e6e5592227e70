"""120 MB live, through phases of other sizes, are not killed under a cgroup limit of 256 MB."""
# needs: root
import os
import pathlib
import subprocess
import sys

library = os.environ["C_TEST_LIB"]
program = pathlib.Path(os.environ["C_TEST_BUILD"]) / "limits" / "drift"
mounts = pathlib.Path("/sys/fs/cgroup")
limit = 256 << 20


def made():
    """A group with the limit, in the hierarchy of version 2 or 1."""
    for parent, name in ((mounts, "memory.max"), (mounts / "memory", "memory.limit_in_bytes")):
        group = parent / f"c-test-{os.getpid()}"
        if not (parent / "cgroup.procs").exists():
            continue
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / name).write_text(str(limit))
            return group
        except OSError:
            group.rmdir()
    print("no cgroup with a memory limit can be made here", file=sys.stderr)
    sys.exit(77)


group = made()
try:
    env = {"LD_PRELOAD": library} if library != "system" else {}
    ended = subprocess.run([program], env=env, capture_output=True, text=True,
                           preexec_fn=lambda: (group / "cgroup.procs").write_text(str(os.getpid())))
    assert ended.returncode == 0, ended
finally:
    group.rmdir()
