"""All suites."""

from . import apr, glibc, gperftools, jemalloc, libevent, mimalloc, redis, sqlite, tcl, zlib

SUITES = tuple(module.SUITE for module in (glibc, jemalloc, gperftools, mimalloc, zlib, apr, libevent, tcl, sqlite,
                                           redis))
