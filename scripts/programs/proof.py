"""Proves by the loader's account that a program runs on the allocator before its results count."""

import collections
import os
import re
import shutil
import tempfile

from figures import loader

CONTROL = re.compile(rb"transferring control: (\S+)")
LOADED = re.compile(rb"calling init: (\S+)")


class Account:
    """What the loader told of an executable, in all processes that ran it."""

    def __init__(self):
        self.bound = set()  # Bindings of malloc
        self.loaded = set()  # all objects

    def servers(self, ours):
        """The objects in which malloc ends. An executable at a fixed address that takes malloc's address binds
        the others' malloc to its own stub, which goes on to where its own calls are bound: that is a step."""
        steps = {bound.caller for bound in self.bound if bound.server == ours}
        return {bound.server for bound in self.bound} - steps


def accounts(place, allocator):
    """{executable: Account} of everything that the program's `look` starts."""
    found = collections.defaultdict(Account)
    with tempfile.TemporaryDirectory(prefix="bindings-") as folder:
        place.give(folder)
        place.run(place.program.look, allocator, loader.settings(folder, "files"))
        for lines in loader.accounts(folder):
            # Relocation comes before control is handed over, so an executable's name follows its bindings.
            # What a program loads later belongs to the name before.
            bound, loaded, name = set(), set(), None
            for line in lines:
                if (binding := loader.binding(line)) and binding.symbol == "malloc":
                    bound.add(binding)
                elif init := LOADED.search(line):
                    loaded.add(os.path.realpath(init[1].decode()))
                elif control := CONTROL.search(line):
                    name = os.path.basename(control[1].decode())
                    found[name].bound |= bound
                    found[name].loaded |= loaded
                    bound, loaded = set(), set()
            if name is not None:
                found[name].bound |= bound
    return found


def of(place, allocator):
    """(why the program would not test the allocator, or None; what the table must say beside its result)"""
    program, ours = place.program, str(allocator.path)
    found = accounts(place, allocator)
    notes = [program.note] if program.note else []
    for tool in program.shows:
        names = {tool, os.path.basename(os.path.realpath(shutil.which(tool) or tool))} & set(found)
        if not any(found[name].bound for name in names):
            return f"{tool}: no malloc bound by the loader", notes
    for name, account in found.items():
        others = account.servers(ours) - {ours}
        if others and name not in program.own:
            return f"{name}: malloc is {os.path.basename(min(others))}'s", notes
        if others and ours not in account.loaded:
            return f"{name}: the object was not loaded", notes
        if others:
            notes.append(f"{name} brings its own malloc: loaded beside it, not used")
    return None, notes
