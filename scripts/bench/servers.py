"""Servers under load: redis and PostgreSQL on sockets in a folder of their own.

The server runs on the allocator, the client on the system's. Measured are the wall time of the client's load
and what the server used meanwhile; a server is ended by its process id.
"""

import contextlib
import json
import os
import pathlib
import pwd
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from figures import launch
from figures.allocators import clean_environment

from . import binding, inputs, packages
from .workload import Sample, Workload

TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 20


class Failed(Exception):
    """How a server or its client ended, in a few words."""


class Used:
    """What a process and the children it has waited for have used so far."""

    def __init__(self, pid):
        # The name in parentheses may hold spaces; the fields after it start with the third, the state.
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        self.faults = int(fields[7]) + int(fields[8])
        self.cpu = sum(map(int, fields[11:15])) / TICKS


def peak_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise Failed("killed")


def wait_until(ready, process, seconds=START_SECONDS):
    end = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise Failed(f"server ended with {process.returncode}")
        if time.monotonic() > end:
            raise Failed("server does not answer")
        time.sleep(0.01)


def client(command, context, cwd):
    """One client's run on the system's allocator."""
    try:
        done = subprocess.run(list(map(str, command)), cwd=cwd, env=clean_environment(), capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=context.seconds)
    except subprocess.TimeoutExpired:
        raise Failed("too slow") from None
    if done.returncode != 0:
        print(done.stderr.decode(errors="replace")[-500:], file=sys.stderr)
        raise Failed(f"client ended with {done.returncode}")


class Load:
    """Wall time of a `with` block of clients, and what the server used for it."""

    def __init__(self, pid, settle=lambda: None):
        self.pid, self.settle = pid, settle

    def __enter__(self):
        self.before, self.others = Used(self.pid), self.others_seconds()
        self.begin = time.monotonic()
        return self

    @staticmethod
    def others_seconds():
        """Processor seconds of all but this script's clients."""
        clients = resource.getrusage(resource.RUSAGE_CHILDREN)
        return launch.processor_seconds() - clients.ru_utime - clients.ru_stime

    def __exit__(self, kind, _value, _trace):
        if kind is not None:
            return
        self.wall = time.monotonic() - self.begin
        others = self.others_seconds() - self.others
        self.settle()
        after = Used(self.pid)
        self.cpu, self.faults = after.cpu - self.before.cpu, after.faults - self.before.faults
        self.busy = max(0.0, others - self.cpu) / self.wall

    def sample(self, peak, fate=""):
        return Sample(self.wall, self.cpu, peak, self.faults, self.busy, fate)


def ended(process, seconds=START_SECONDS):
    """Waits for a server that was asked to end."""
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise Failed("server does not end") from None


# Redis

def redis_settings(settings):
    """Debian's redis-server is linked with jemalloc: the system's allocator, too, must be preloaded."""
    if any(setting.startswith("LD_PRELOAD=") for setting in settings):
        return tuple(settings)
    return (*settings, f"LD_PRELOAD={binding.libc()}")


@contextlib.contextmanager
def redis_server(context):
    settings = redis_settings(context.settings)
    wrong = binding.elsewhere("redis-server", settings)
    if wrong:
        raise Failed(wrong)
    socket = context.scratch / "s"
    environment = {**clean_environment(), **dict(setting.split("=", 1) for setting in settings)}
    command = [packages.find("redis-server"), "--port", "0", "--unixsocket", "s", "--save", "", "--appendonly",
               "no", "--daemonize", "no", "--logfile", "log"]
    process = subprocess.Popen(command, cwd=context.scratch, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(socket.exists, process)
        yield process
        process.terminate()
        if ended(process) != 0:
            raise Failed(f"server ended with {process.returncode}")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def redis(loads):
    """`loads`: (tests of redis-benchmark, requests of each, bytes per value, requests in flight)."""
    benchmark = ["redis-benchmark", "-s", "s", "-q", "-c", "20", "-r", "30000"]

    def run(context):
        program = packages.find(benchmark[0])
        with redis_server(context) as server:
            with Load(server.pid) as load:
                for tests, requests, size, pipeline in loads:
                    count = max(100, round(requests * context.scale))
                    client([program, *benchmark[1:], "-t", tests, "-n", count, "-d", size, "-P", pipeline],
                           context, context.scratch)
            return load.sample(peak_mb(server.pid))
    return run


# PostgreSQL

CONNECTIONS = 2
TRANSACTION = r"""
\set k random(1, 95000)
SELECT abalance, filler FROM pgbench_accounts WHERE aid = :k;
UPDATE pgbench_accounts SET abalance = abalance + :k % 100 WHERE aid = :k;
SELECT aid % 97 AS part, sum(abalance), length(string_agg(aid::text, ',' ORDER BY aid DESC))
  FROM pgbench_accounts WHERE aid BETWEEN :k AND :k + 3000 GROUP BY part ORDER BY 2, 1;
SELECT length(json_agg(a)::text) FROM pgbench_accounts a WHERE aid BETWEEN :k AND :k + 1000;
SELECT count(*), max(length(words)) FROM (
  SELECT b.aid, array_to_string(array_agg(upper(a.filler || a.aid)), ' ') AS words
    FROM pgbench_accounts a JOIN pgbench_accounts b ON a.aid / 7 = b.aid / 7
   WHERE a.aid BETWEEN :k AND :k + 700 AND b.aid BETWEEN :k AND :k + 700 GROUP BY b.aid) AS joined;
"""
SETTINGS = {"listen_addresses": "", "fsync": "off", "full_page_writes": "off", "autovacuum": "off",
            "shared_buffers": "32MB", "work_mem": "64MB", "max_parallel_workers_per_gather": "0", "jit": "off",
            "logging_collector": "off", "dynamic_shared_memory_type": "mmap"}


def as_owner():
    """Words before a command that must not run as root: the server refuses to."""
    if os.geteuid() != 0:
        return []
    return [packages.find("setpriv"), "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]


@contextlib.contextmanager
def owned_folder():
    """A folder that the server's user may enter and write."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(name, owner.pw_uid, owner.pw_gid)
        yield pathlib.Path(name)


@contextlib.contextmanager
def postgres_server(folder, settings, seconds):
    """The server on the cluster folder/data, started by the launcher: its pid, and what will hold the report."""
    settings = list(settings)
    for at, setting in enumerate(settings):
        name, _, path = setting.partition("=")
        if name == "LD_PRELOAD" and subprocess.run([*as_owner(), "test", "-r", path]).returncode != 0:
            # The loader skips an object that the server's user cannot read, with no more than a warning.
            shutil.copy(path, folder)
            (folder / os.path.basename(path)).chmod(0o755)
            settings[at] = f"LD_PRELOAD={folder / os.path.basename(path)}"
    report, pid_file = folder / "report", folder / "data" / "postmaster.pid"
    command = [launch.BUILT / "measure", "-o", report, "-t", int(seconds)]
    for setting in ("LC_ALL=C", *settings):
        command += ["-e", setting]
    command += ["--", *as_owner(), packages.find("postgres"), "-D", folder / "data", "-k", folder]
    for name, value in SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    process = subprocess.Popen(list(map(str, command)), cwd=folder, env=clean_environment(),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = None
    try:
        wait_until(lambda: pid_file.exists() and "ready" in pid_file.read_text(), process)
        server = int(pid_file.read_text().split()[0])
        preloads = [setting.partition("=")[2] for setting in settings if setting.startswith("LD_PRELOAD=")]
        if any(path not in pathlib.Path(f"/proc/{server}/maps").read_text() for path in preloads):
            raise Failed("the object is not preloaded")
        yield server, report
    finally:
        # SIGINT asks for a fast end; the launcher ends with the server.
        if server is not None and process.poll() is None:
            os.kill(server, 2)
        ended(process)


def children(pid):
    return set(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def pgbench(folder, *arguments):
    return [*as_owner(), packages.find("pgbench"), "-h", folder, "-n", *arguments, "postgres"]


@inputs.once
def cluster(path):
    """A cluster with pgbench's tables, made on the system's allocator."""
    with owned_folder() as folder:
        quiet = {"env": clean_environment(), "cwd": folder, "check": True, "capture_output": True}
        subprocess.run([*as_owner(), packages.find("initdb"), "-D", str(folder / "data"), "-A", "trust", "-N",
                        "--locale=C", "-E", "UTF8", "-U", "postgres"], **quiet)
        with postgres_server(folder, (), 120):
            subprocess.run(list(map(str, pgbench(folder, "-U", "postgres", "-i", "-s", "1", "-q"))), **quiet)
        subprocess.run(["cp", "-a", str(folder / "data"), str(path)], check=True)


def postgres(context):
    count = max(1, round(70 * context.scale))
    wrong = binding.elsewhere("postgres", context.settings)
    if wrong:
        raise Failed(wrong)
    with owned_folder() as folder:
        subprocess.run(["cp", "-a", str(context.inputs / "cluster"), str(folder / "data")], check=True)
        (folder / "transaction").write_text(TRANSACTION)
        (folder / "transaction").chmod(0o644)
        with postgres_server(folder, context.settings, context.seconds) as (server, report):
            before = children(server)

            def settle():
                """The server counts what a connection's process used when it has waited for it."""
                end = time.monotonic() + 5
                while children(server) - before and time.monotonic() < end:
                    time.sleep(0.005)
            with Load(server, settle) as load:
                client(pgbench(folder, "-U", "postgres", "-f", "transaction", "-c", CONNECTIONS, "-j", 1,
                               "-t", count, "--random-seed=1"), context, folder)
        used = json.loads(report.read_text())
        fate = f"exit {used['exit']}" if used["exit"] != 0 else ""
        return load.sample(used["peak_mb"], fate)


def guarded(run):
    """A server's failure is the fate of the run."""
    def wrapper(context):
        try:
            return run(context)
        except Failed as failure:
            return Sample(0.0, 0.0, 0.0, 0, 0.0, str(failure))
    return wrapper


SMALL = (("set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,mset", 30_000, 60, 16),)
BIG = tuple(("set,get,lpush,rpop,hset", 8_000, size, 4) for size in (300, 5_000, 1_500, 12_000, 700))

SERVERS = (
    Workload("redis-small", "real", "redis, many small values", guarded(redis(SMALL)), quick=True, warm_mb=300,
             needs=("redis-server", "redis-benchmark"), packages=("redis-server", "redis-tools")),
    Workload("redis-big", "real", "redis, values of changing size", guarded(redis(BIG)), warm_mb=600,
             needs=("redis-server", "redis-benchmark"), packages=("redis-server", "redis-tools")),
    Workload("postgres", "real", "PostgreSQL, pgbench", guarded(postgres), warm_mb=300,
             needs=("postgres", "initdb", "pgbench", "setpriv"), packages=("postgresql", "util-linux"),
             prepare=lambda folder: cluster(folder / "cluster")),
)
