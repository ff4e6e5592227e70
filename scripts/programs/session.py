"""Runs a program's scripts, each in an empty folder, as the user that the program wants."""

import os
import pathlib
import shutil
import socket
import tempfile

from figures import launch

NOBODY = 65534


def readable(allocator, folder):
    """The allocator, copied to a folder that every user may read: the loader skips an object that a program's
    user cannot read, with no more than a warning."""
    copy = pathlib.Path(folder) / allocator.path.name
    shutil.copy(allocator.path, copy)
    copy.chmod(0o755)
    return allocator._replace(path=copy.resolve())


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Session:
    """One program with its inputs."""

    def __init__(self, program, inputs, many):
        self.program, self.inputs, self.many = program, inputs, many
        self.other_user = program.unprivileged and os.geteuid() == 0

    def give(self, folder):
        if self.other_user:
            os.chown(folder, NOBODY, NOBODY)

    def run(self, script, allocator, more=()):
        with tempfile.TemporaryDirectory(prefix="program-") as folder:
            self.give(folder)
            settings = ["LC_ALL=C", "LANG=C", "TZ=UTC", f"IN={self.inputs}", f"WORK={self.inputs / 'work'}",
                        f"PORT={free_port()}", f"MANY={self.many}", f"USER_HOME={os.path.expanduser('~')}",
                        f"HOME={folder}", f"TMPDIR={folder}", *allocator.environment(), *more]
            command = ["sh", "-euc", script]
            if self.other_user:
                user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
                command = ["setpriv", *user, "--", *command]
            return launch.run(command, settings, seconds=self.program.seconds, cwd=folder)
