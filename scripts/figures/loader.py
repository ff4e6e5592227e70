"""The loader's own account of where malloc and free end (LD_DEBUG=bindings)."""

import os
import pathlib
import re
from typing import NamedTuple

BINDING = re.compile(rb"binding file (\S+) \[\d+\] to (\S+) \[\d+\]: normal symbol `(malloc|free)'")


class Binding(NamedTuple):
    caller: str  # the object that calls
    server: str  # the object that serves
    symbol: str


def settings(folder, *more):
    """NAME=VALUE settings that make every process below leave its account in the folder; `more` is
    other things to tell."""
    return ["LD_BIND_NOW=1", f"LD_DEBUG={','.join(('bindings', *more))}", f"LD_DEBUG_OUTPUT={folder}/log"]


def accounts(folder, process="*"):
    """The lines of each process, or of one, that left an account."""
    for log in pathlib.Path(folder).glob(f"log.{process}"):
        yield log.read_bytes().splitlines()


def binding(line):
    """What a line of an account says of malloc or free, or None."""
    if bound := BINDING.search(line):
        caller, server, symbol = (part.decode(errors="replace") for part in bound.groups())
        return Binding(os.path.realpath(caller), os.path.realpath(server), symbol)
    return None


def bindings(folder, process="*"):
    """All that the accounts in the folder, or that of one process, say of malloc and free."""
    return [found for lines in accounts(folder, process) for line in lines if (found := binding(line))]
