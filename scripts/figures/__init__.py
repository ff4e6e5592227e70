"""The parts of scripts/figures.py: allocators, the launcher, the table of rows, the report."""
