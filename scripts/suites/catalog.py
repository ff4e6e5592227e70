"""All suites."""

from . import gperftools, glibc, jemalloc, mimalloc, zlib

SUITES = tuple(module.SUITE for module in (glibc, jemalloc, gperftools, mimalloc, zlib))
