"""Executables of Debian packages: where they are, what is missing, how it comes."""

import glob
import os
import shutil
import subprocess
import sys

# The distribution's own programs come first, whatever else the caller's PATH offers under their names.
# PostgreSQL keeps its server out of PATH.
PLACES = ("/usr/bin", "/bin", "/usr/sbin", "/usr/games", "/usr/lib/postgresql/*/bin")
SECONDS = 300


def find(program):
    """Path of an executable, or of any file that is named by its absolute path; None if it is not there."""
    if os.path.isabs(program):
        return program if os.path.exists(program) else None
    for pattern in PLACES:
        for place in sorted(glob.glob(pattern), reverse=True):
            found = shutil.which(program, path=place)
            if found:
                return found
    return shutil.which(program)


def missing(workload):
    """Executables that the workload needs and that are not there."""
    return [program for program in workload.needs if find(program) is None]


def _apt(*arguments):
    command = ["apt-get" if os.geteuid() == 0 else "sudo", *arguments]
    if os.geteuid() != 0:
        command[1:1] = ["-n", "apt-get"]
    try:
        return subprocess.run(command, timeout=SECONDS, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                              stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install(workloads):
    """Asks apt-get for what is missing; returns {workload name: why it must be skipped}."""
    packages = sorted({package for workload in workloads if missing(workload) for package in workload.packages})
    if packages and shutil.which("apt-get"):
        print(f"installing {' '.join(packages)}", file=sys.stderr)
        _apt("update", "-qq")
        # One package at a time: a name that this release does not know must not keep the others away.
        for package in packages:
            if not _apt("install", "-y", "-qq", "--no-install-recommends", package):
                print(f"could not install {package}", file=sys.stderr)
    return {workload.name: f"{', '.join(missing(workload))} not installed"
            for workload in workloads if missing(workload)}
