"""The parts of scripts/programs.py: generated inputs and the catalog of programs."""
