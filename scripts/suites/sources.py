"""Source packages of this machine's distribution, by an apt of our own: its lists, its cache, deb-src entries
made of the machine's entries. Nothing of the machine's own configuration changes."""

import os
import pathlib
import re
import shutil
import subprocess

FETCH_SECONDS = 300
LIST_ENTRY = re.compile(r"^deb(?:-src)?\s+(.*)")


class Unavailable(Exception):
    """Why no source package can be had here."""


def folder():
    """Where sources and what is built of them are kept."""
    return pathlib.Path(os.environ.get("SUITES_DIR") or pathlib.Path.home() / ".cache" / "pigalloc-suites").resolve()


def _output(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def _distribution():
    """The addresses of the entries that are the distribution's own; empty if the machine has no lists."""
    system = re.search(r"^ID=\"?(\w+)", pathlib.Path("/etc/os-release").read_text(), re.MULTILINE)
    found = set()
    for line in _output("apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)").splitlines():
        origin, _, address = line.rpartition(" ")
        if system and origin.lower() == system[1]:
            found.add(address.rstrip("/"))
    return found


def _entries():
    """The machine's entries as deb-src: (texts in the one-line form, texts in the form of stanzas)."""
    names = dict(re.findall(r"(\w+)='(.*)'", _output(
        "apt-config", "shell", "LIST", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d")))
    files = [pathlib.Path(names.get("LIST", "")), *sorted(pathlib.Path(names.get("PARTS", "/nowhere")).glob("*"))]
    own = _distribution()
    lines, stanzas = [], []
    for file in files:
        if not file.is_file() or file.suffix not in (".list", ".sources"):
            continue
        text = file.read_text()
        if file.suffix == ".list":
            found = [f"deb-src {match[1]}" for line in text.splitlines() if (match := LIST_ENTRY.match(line))]
            keep = lines
        else:
            found = [re.sub(r"(?m)^Types:.*", "Types: deb-src", stanza) for stanza in re.split(r"\n\s*\n", text)
                     if re.search(r"(?m)^Types:", stanza) and not re.search(r"(?mi)^Enabled:\s*no", stanza)]
            keep = stanzas
        keep += [entry for entry in dict.fromkeys(found)
                 if not own or any(address in entry for address in own)]
    return lines, stanzas


class Sources:
    """The private apt; its lists are read once, when the first package is asked for."""

    def __init__(self, where):
        self.where = where / "apt"
        self.ready = False

    def _apt(self, *arguments, cwd=None):
        options = {"Dir::Etc::sourcelist": "/dev/null", "Dir::Etc::sourceparts": self.where / "sources.list.d",
                   "Dir::State::lists": self.where / "lists", "Dir::Cache": self.where / "cache"}
        if os.geteuid() == 0:
            options["APT::Sandbox::User"] = "root"
        command = ["apt-get", "-q", *(part for name, value in options.items() for part in ("-o", f"{name}={value}"))]
        try:
            return subprocess.run([*command, *map(str, arguments)], cwd=cwd, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                                  timeout=FETCH_SECONDS, env={**os.environ, "LC_ALL": "C"})
        except subprocess.TimeoutExpired:
            raise Unavailable(f"apt-get {arguments[0]} took more than {FETCH_SECONDS} seconds") from None

    def _prepare(self):
        for program, package in (("apt-get", "apt"), ("dpkg-source", "dpkg-dev"), ("patch", "patch")):
            if shutil.which(program) is None:
                raise Unavailable(f"no {program} (package {package})")
        lines, stanzas = _entries()
        if not lines and not stanzas:
            raise Unavailable("apt has no sources")
        for part in ("sources.list.d", "lists/partial", "cache/archives/partial"):
            (self.where / part).mkdir(parents=True, exist_ok=True)
        (self.where / "sources.list.d" / "own.list").write_text("".join(f"{line}\n" for line in lines))
        (self.where / "sources.list.d" / "own.sources").write_text("\n\n".join(stanzas) + "\n")
        done = self._apt("update")
        if not any((self.where / "lists").glob("*_Sources*")):
            trouble = [line for line in done.stdout.splitlines() if line.startswith(("E:", "W:", "Err:"))]
            raise Unavailable(f"apt-get update: {trouble[0] if trouble else 'no lists of sources'}")
        self.ready = True

    def unpack(self, package, into):
        """Downloads and unpacks a package to the new folder `into`; returns its version."""
        if not self.ready:
            self._prepare()
        part = into.with_name(into.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        done = self._apt("source", "--only-source", package, cwd=part)
        trees = [path for path in part.iterdir() if path.is_dir()]
        descriptions = list(part.glob("*.dsc"))
        if done.returncode != 0 or len(trees) != 1 or len(descriptions) != 1:
            lines = [line for line in done.stdout.splitlines() if line.startswith("E:")]
            shutil.rmtree(part)
            raise Unavailable(f"apt-get source {package}: {lines[0] if lines else 'failed'}")
        version = re.search(r"(?m)^Version: (\S+)", descriptions[0].read_text())[1]
        trees[0].rename(into)
        shutil.rmtree(part)
        return version
