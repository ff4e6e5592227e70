"""What a program of the catalog is."""

from typing import NamedTuple, Tuple


class Program(NamedTuple):
    name: str
    kind: str
    needs: Tuple[str, ...]  # executables
    packages: Tuple[str, ...]  # Debian packages that bring them
    look: str
    script: str
    shows: Tuple[str, ...]  # executables in which malloc must be the allocator's
    own: Tuple[str, ...]  # executables that may bring their own malloc: loaded is then all that is shown of them
    unprivileged: bool  # refuses to be root
    quick: bool  # among those that a short run takes first
    seconds: int  # for one run
    rounds: int  # at most: some sleep for minutes
    note: str  # what the table must say beside


# What scripts share. A server runs in the background as $server; the trap ends it if the script fails.
PRELUDE = """
server=
trap '[ -z "$server" ] || kill $server 2>/dev/null || true' EXIT
# Waits until a command succeeds: 20 seconds at most.
until_ready() {
    end=$(($(date +%s) + 20))
    while [ $(date +%s) -lt $end ]; do
        "$@" >/dev/null 2>&1 && return
        kill -0 $server || break
        sleep 0.05
    done
    echo "no answer to $*" >&2; cat server.log >&2; exit 1
}
# stop SIGNAL [STATUS]: ends the server, which must end so.
stop() {
    kill -$1 $server
    status=0; wait $server || status=$?
    server=
    [ $status = ${2:-0} ] || { echo "server: status $status" >&2; cat server.log >&2; exit 1; }
}
"""


def maker(kind):
    """A function that makes programs of a kind; names stand in one word string each. Without `shows` the
    executables of `needs` are those in which malloc must be the allocator's."""
    def make(name, needs, packages, look, script, *, shows=None, own="", unprivileged=False, quick=False,
             seconds=120, rounds=3, note=""):
        needs = tuple(needs.split())
        shows = needs if shows is None else tuple(shows.split())
        return Program(name, kind, needs, tuple(packages.split()), look, PRELUDE + script, shows,
                       tuple(own.split()), unprivileged, quick, seconds, rounds, note)
    return make
