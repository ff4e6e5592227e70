"""Existing C test suites, taken as source packages, that run with and without the allocator."""
