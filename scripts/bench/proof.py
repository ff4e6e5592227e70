"""The proof that a program's malloc and free are an allocator's, by the loader's own account; and its version."""

import os
import subprocess
import sys
import tempfile

from figures import loader
from figures.allocators import clean_environment


def read_bindings(logs):
    """{(object that calls, symbol): {objects that serve}} of all processes that left a log in the folder."""
    found = {}
    for bound in loader.bindings(logs):
        found.setdefault((bound.caller, bound.symbol), set()).add(bound.server)
    return found


def is_served(allocator, server):
    if allocator.path is None:
        return os.path.basename(server).startswith("libc.so")
    return server == os.path.realpath(allocator.path)


def not_bound(allocator, program):
    """What of the program's and libc's malloc and free ends elsewhere, as a text; None when nothing does."""
    with tempfile.TemporaryDirectory(prefix="bindings-") as logs:
        environment = clean_environment()
        settings = [*allocator.environment(), *loader.settings(logs)]
        environment.update(setting.split("=", 1) for setting in settings)
        try:
            subprocess.run([program], env=environment, capture_output=True, check=False, timeout=60)
        except (OSError, subprocess.TimeoutExpired) as trouble:
            return f"{program}: {trouble}"
        found = read_bindings(logs)
    executable = os.path.realpath(program)
    callers = [("the program", executable)]
    callers += [("libc", name) for name in sorted({caller for caller, _ in found})
                if os.path.basename(name).startswith("libc.so")]
    for title, caller in callers:
        for symbol in ("malloc", "free"):
            servers = found.get((caller, symbol))
            if not servers:
                return f"{title} binds no {symbol}"
            # A program built for a fixed address lends its own entry to the libraries; behind it is what the
            # loader bound for the program itself, which was looked at first.
            servers = servers - {executable} or found[executable, symbol] - {executable}
            if not servers:
                return f"{symbol} of {title} is the program's own"
            for server in servers:
                if not is_served(allocator, server):
                    return f"{symbol} of {title} is {os.path.basename(server)}'s"
    return None


# What the allocator in use says of itself, asked inside a process that runs on it.
OWN_WORD = """
import ctypes
own = ctypes.CDLL(None)
def text(name):
    function = getattr(own, name)
    function.restype = ctypes.c_char_p
    return function
if hasattr(own, "pig_version"):
    print("pigalloc", text("pig_version")().decode())
elif hasattr(own, "mi_version"):
    number = own.mi_version()
    tens = 100 if number >= 10000 else 10
    print("mimalloc", f"{number // tens // tens}.{number // tens % tens}.{number % tens}")
elif hasattr(own, "tc_version"):
    print(text("tc_version")(None, None, None).decode())
elif hasattr(own, "mallctl"):
    version, size = ctypes.c_char_p(), ctypes.c_size_t(8)
    if own.mallctl(b"version", ctypes.byref(version), ctypes.byref(size), None, 0) == 0:
        print("jemalloc", version.value.decode().split("-")[0])
"""


def own_word(allocator):
    """The name and version that the loaded allocator itself gives, or an empty text."""
    if allocator.path is None:
        return " ".join(os.confstr("CS_GNU_LIBC_VERSION").split())
    environment = clean_environment()
    environment.update(setting.split("=", 1) for setting in allocator.environment())
    done = subprocess.run([sys.executable, "-c", OWN_WORD], env=environment, capture_output=True, check=False,
                          timeout=60)
    return done.stdout.decode().strip()


def version(allocator, about):
    """One line: what it says of itself, and where it came from."""
    known = about.get(allocator.name, {})
    parts = [own_word(allocator), known.get("origin", ""), known.get("version", "")]
    return ", ".join(dict.fromkeys(part for part in parts if part)) or "unknown version"
