#!/usr/bin/env python3
"""Checks the house rules of src/ that the compiler does not know.

- A module imports only from modules of its own layer or of layers below (the table LAYERS), and modules of
  one layer do not import each other in a circle. Every path that begins with crate::, super:: or self::
  counts, in `use` or not.
- Every module that exists is in the table, and every module of the table exists.
- `unsafe` stands only in modules that the table allows it in, and the crate denies it elsewhere.
- No source file is longer than LONGEST lines.

Tests are free of the import rule: src/tests and whatever stands under #[cfg(test)].
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 600

# Layer by layer, lowest first.
LAYERS = [
    ("ground", ["sys", "rt", "tls", "sync", "fatal", "text"]),
    ("words", ["units", "size_class", "bitmap", "lock", "owner", "config"]),
    ("back", ["ground", "region", "arena", "page_map", "span", "huge", "meta", "purge"]),
    ("middle", ["mixed", "slab", "remote"]),
    ("front", ["central", "magazine", "heap", "thread", "fork"]),
    ("alloc", ["alloc", "foreign", "stats", "report"]),
    ("face", ["abi", "global"]),
]
# Pure arithmetic and text: no unsafe code here.
SAFE = {"text", "units", "size_class", "bitmap", "config", "mixed", "report"}
# The root declares the modules and re-exports the public names; it stands above all of them.
ROOT_MODULE = "lib"

LAYER_OF = {module: number for number, (_, modules) in enumerate(LAYERS) for module in modules}

TOKEN = re.compile(
    r"""
    (?P<skip>\s+|//[^\n]*)
  | (?P<block>/\*)
  | (?P<raw>b?r(?P<hashes>\#*)")
  | (?P<string>[bc]?"(?:[^"\\]|\\.)*")
  | (?P<char>b?'(?:[^'\\\n]|\\(?:[^u\n]|u\{[^}]*\}|x..))')
  | (?P<word>\$?[A-Za-z_][A-Za-z0-9_]*)
  | (?P<other>::|.)
    """,
    re.VERBOSE | re.DOTALL,
)


def tokens(text):
    """The words and signs of a Rust file with their lines; no comments, no literals."""
    found, at, line = [], 0, 1
    while at < len(text):
        match = TOKEN.match(text, at)
        end = match.end()
        if match["block"]:
            depth = 1
            while depth and end < len(text):
                step = re.compile(r"/\*|\*/").search(text, end)
                end = step.end() if step else len(text)
                depth += 1 if step and step[0] == "/*" else -1
        elif match["raw"]:
            close = text.find('"' + match["hashes"], end)
            end = len(text) if close < 0 else close + 1 + len(match["hashes"])
        elif match["word"] or match["other"]:
            found.append((match[0], line))
        line += text.count("\n", at, end)
        at = end
    return found


def closing(found, at):
    """The index after the bracket that closes the one at `at`."""
    pairs = {"{": "}", "[": "]", "(": ")"}
    open_sign, close_sign, depth = found[at][0], pairs[found[at][0]], 0
    for index in range(at, len(found)):
        depth += (found[index][0] == open_sign) - (found[index][0] == close_sign)
        if depth == 0:
            return index + 1
    return len(found)


def only_for_tests(attribute):
    """Whether an attribute (its words) is a cfg that holds in tests alone."""
    words = [word for word, _ in attribute]
    return words[:1] == ["cfg"] and "test" in words and "not" not in words and "any" not in words


def without_tests(found):
    """The tokens without the items under #[cfg(test)]."""
    kept, at = [], 0
    while at < len(found):
        if found[at][0] == "#" and at + 1 < len(found) and found[at + 1][0] == "[":
            end = closing(found, at + 1)
            if only_for_tests(found[at + 2 : end - 1]):
                at = end
                while at < len(found) and found[at][0] not in ("{", ";"):
                    at = closing(found, at) if found[at][0] in "([" else at + 1
                if at < len(found):
                    at = closing(found, at) if found[at][0] == "{" else at + 1
                continue
        kept.append(found[at])
        at += 1
    return kept


def use_tree(found, at, prefix):
    """All paths of the use tree that begins at `at`, each as a list of words, and the index after it."""
    path = list(prefix)
    while at < len(found):
        word = found[at][0]
        if word == "{":
            paths, at = [], at + 1
            while found[at][0] != "}":
                more, at = use_tree(found, at, path)
                paths += more
                if found[at][0] == ",":
                    at += 1
            return paths, at + 1
        if word == "as":
            return [path], at + 2
        if word == "*" or re.match(r"\w", word):
            path.append(word)
        elif word != "::":
            return [path], at
        at += 1
    return [path], at


def paths_in(found):
    """(path, line, inline modules around it) for every path from crate, super or self."""
    around, at, depth = [], 0, 0
    while at < len(found):
        word, line = found[at]
        following = found[at + 1][0] if at + 1 < len(found) else ""
        if word == "mod" and at + 2 < len(found) and found[at + 2][0] == "{":
            around.append((following, depth))
            at += 2
            continue
        if word == "{":
            depth += 1
        elif word == "}":
            depth -= 1
            if around and around[-1][1] == depth:
                around.pop()
        elif word == "use" and following != "<":
            paths, at = use_tree(found, at + 1, [])
            for path in paths:
                yield path, line, [name for name, _ in around]
            continue
        elif word in ("crate", "$crate", "super", "self") and following == "::":
            path = [word]
            while at + 2 < len(found) and found[at + 1][0] == "::" and re.match(r"\w", found[at + 2][0]):
                path.append(found[at + 2][0])
                at += 2
            yield path, line, [name for name, _ in around]
        at += 1


def module_path(file, source):
    """src/sys/linux.rs is [sys, linux]; src/sys/mod.rs and src/sys.rs are [sys]; src/lib.rs is []."""
    parts = list(file.relative_to(source).with_suffix("").parts)
    if parts[-1] in ("mod", "lib"):
        parts.pop()
    return parts


def target_of(path, here):
    """The top module that a path names, or None where it names none (another crate, the root's own items)."""
    if path[0] in ("crate", "$crate"):
        rest = path[1:]
    elif path[0] in ("super", "self"):
        at, rest = list(here), list(path)
        while rest and rest[0] in ("super", "self"):
            if rest.pop(0) == "super" and at:
                at.pop()
        rest = at + rest
    else:
        return None
    return rest[0] if rest else None


def circles(edges):
    """One circle of imports among modules of the same layer, as a list of names, or None."""
    def walk(name, trail):
        for other in sorted(edges.get(name, ())):
            if other in trail:
                return trail[trail.index(other) :] + [other]
            found = walk(other, trail + [other])
            if found:
                return found
        return None

    for name in sorted(edges):
        found = walk(name, [name])
        if found:
            return found
    return None


class Checker:
    def __init__(self, source):
        self.source = source
        self.problems = []
        self.same_layer = {}
        self.imports = 0

    def complain(self, file, line, text):
        self.problems.append(f"{file.relative_to(self.source.parent)}:{line}: {text}")

    def check_import(self, file, module, path, line, here):
        target = target_of(path, here)
        if target is None or target == module or module == ROOT_MODULE:
            return
        self.imports += 1
        if target not in LAYER_OF:
            # A macro or a constant of the root itself is no module.
            if (self.source / target).exists() or (self.source / f"{target}.rs").exists() or len(path) > 2:
                self.complain(file, line, f"imports {target}, which is in no layer ({'::'.join(path)})")
            return
        if module not in LAYER_OF:
            return
        if LAYER_OF[target] > LAYER_OF[module]:
            layers = LAYERS[LAYER_OF[module]][0], LAYERS[LAYER_OF[target]][0]
            self.complain(file, line, f"{module} ({layers[0]}) imports {target} ({layers[1]}), a layer above")
        elif LAYER_OF[target] == LAYER_OF[module]:
            self.same_layer.setdefault(module, set()).add(target)

    def check_file(self, file):
        text = file.read_text(encoding="utf-8")
        self.check_length(file, text)
        where = module_path(file, self.source)
        if where[:1] == ["tests"]:
            return
        module = where[0] if where else ROOT_MODULE
        if module != ROOT_MODULE and module not in LAYER_OF:
            self.complain(file, 1, f"module {module} is in no layer: add it to scripts/check_layers.py")
        found = without_tests(tokens(text))
        for path, line, inline in paths_in(found):
            self.check_import(file, module, path, line, where + inline)
        if module in SAFE or module == ROOT_MODULE:
            for word, line in found:
                if word == "unsafe":
                    self.complain(file, line, f"unsafe is not allowed in {module}")
        if module == ROOT_MODULE and not re.search(r"#!\[deny\([^)]*\bunsafe_code\b", text):
            self.complain(file, 1, "the crate does not deny unsafe_code")

    def check_length(self, file, text):
        count = text.count("\n")
        if count > LONGEST:
            self.complain(file, count, f"{count} lines; the longest allowed is {LONGEST}")

    def check_table(self):
        for module in LAYER_OF:
            if not (self.source / f"{module}.rs").exists() and not (self.source / module / "mod.rs").exists():
                self.complain(self.source / "lib.rs", 1, f"{module} is in a layer, but there is no such module")

    def check_all(self):
        files = sorted(self.source.rglob("*.rs"))
        for file in files:
            self.check_file(file)
        self.check_table()
        circle = circles(self.same_layer)
        if circle:
            self.problems.append("modules of one layer import each other in a circle: " + " -> ".join(circle))
        return files


def main():
    parser = argparse.ArgumentParser(description="check layers, unsafe code and length of the sources")
    parser.add_argument("--source", default=ROOT / "src", type=Path)
    checker = Checker(parser.parse_args().source.resolve())
    files = checker.check_all()
    for folder in ("c-tests", "scripts"):
        for file in sorted((checker.source.parent / folder).rglob("*")):
            if file.suffix in (".c", ".h", ".cc", ".rs", ".py", ".sh") and "target" not in file.parts:
                checker.check_length(file, file.read_text(encoding="utf-8"))
    for problem in checker.problems:
        print(problem, file=sys.stderr)
    if checker.problems:
        print(f"layers: {len(checker.problems)} problems", file=sys.stderr)
        return 1
    print(f"layers: {len(files)} files, {checker.imports} imports, all downward")
    return 0


if __name__ == "__main__":
    sys.exit(main())
