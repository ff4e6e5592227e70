"""Where peers are built: a scratch folder, commands whose words go to a log, crates, wheels and Debian packages."""

import json
import os
import pathlib
import shutil
import subprocess
import zipfile

JOBS = "2"

CRATE = """[package]
name = "peer"
version = "0.0.0"
edition = "2021"
[lib]
crate-type = ["staticlib"]
[dependencies]
{dependency}
[profile.release]
opt-level = 3
"""


class Failed(Exception):
    """Why a peer cannot be built here."""


class Workshop:
    """The scratch folder of one peer."""

    def __init__(self, folder, log):
        self.folder = folder
        self.log = log
        self.object = folder / "peer.so"  # what a recipe has to make

    def run(self, *command, cwd=None, **environment):
        """Runs a command, nicely; what it prints goes to the log, or is returned when it prints the answer."""
        if shutil.which(command[0]) is None:
            raise Failed(f"no {command[0]}")
        line = ["nice", *map(str, command)]
        self.log.write(f"$ {' '.join(line[1:])}\n")
        self.log.flush()
        done = subprocess.run(line, cwd=cwd or self.folder, env={**os.environ, **environment},
                              stdout=subprocess.PIPE, stderr=self.log, check=False)
        output = done.stdout.decode(errors="replace")
        if done.returncode != 0:
            self.log.write(output)
            raise Failed(f"{command[0]} {command[1] if len(command) > 1 else ''} failed")
        return output

    # Crates

    def crate(self, dependency):
        """A package that depends on the crate: (folder of the crate's sources, its version)."""
        name = dependency.split("=")[0].strip()
        (self.folder / "src").mkdir()
        (self.folder / "src" / "lib.rs").write_text("")
        (self.folder / "Cargo.toml").write_text(CRATE.format(dependency=dependency))
        self.run("cargo", "fetch", "--quiet")
        packages = json.loads(self.run("cargo", "metadata", "--quiet", "--format-version", "1"))["packages"]
        package = next(package for package in packages if package["name"] == name)
        return pathlib.Path(package["manifest_path"]).parent, package["version"]

    def build_crate(self, archive, **environment):
        """Builds the package: the static archive that the crate's build script made."""
        self.run("cargo", "build", "--quiet", "--release", "--jobs", JOBS, **environment)
        return self.found(self.folder / "target" / "release" / "build", archive)

    # Ready-made objects

    def wheel(self, project):
        """Downloads a wheel: (the wheel, its version)."""
        self.run("python3", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", self.folder, project)
        wheel = self.found(self.folder, "*.whl")
        return wheel, wheel.name.split("-")[1]

    def unpack_largest(self, wheel, part):
        """The largest file of a wheel whose name contains `part`, as the object."""
        with zipfile.ZipFile(wheel) as archive:
            files = [file for file in archive.infolist() if part in file.filename]
            if not files:
                raise Failed(f"no {part} in {wheel.name}")
            self.object.write_bytes(archive.read(max(files, key=lambda file: file.file_size)))

    def debian(self, *packages):
        """Downloads and unpacks the first package that this release has: (folder, package, version)."""
        for package in packages:
            try:
                self.run("apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", package)
            except Failed:
                continue
            file = self.found(self.folder, f"{package}_*.deb")
            self.run("dpkg", "-x", file, self.folder / "unpacked")
            return self.folder / "unpacked", package, self.run("dpkg-deb", "-f", file, "Version").strip()
        raise Failed(f"no package {' or '.join(packages)}")

    # Linking

    def found(self, folder, pattern):
        path = next(folder.rglob(pattern), None)
        if path is None:
            raise Failed(f"no {pattern} in {folder.name}")
        return path

    def take(self, path):
        shutil.copyfile(path, self.object)

    def link_whole(self, archive, *more, compiler="cc"):
        """A shared object of everything in a static archive."""
        self.run(compiler, "-shared", "-o", self.object, "-Wl,--whole-archive", archive, "-Wl,--no-whole-archive",
                 "-Wl,-z,defs", "-Wl,-z,now", *more, "-lpthread", "-lm", "-ldl")
