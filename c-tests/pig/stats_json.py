"""The statistics as JSON are one well-formed object of numbers, with the sizes of live blocks in it."""
# needs: pigalloc
import json
import os
import pathlib
import subprocess
import sys

program = pathlib.Path(os.environ["C_TEST_BUILD"]) / "pig" / "print_json"
if not program.exists():
    print("include/pigalloc.h is not there", file=sys.stderr)
    sys.exit(77)
env = {"LD_PRELOAD": os.environ["C_TEST_LIB"]}
ended = subprocess.run([program], env=env, capture_output=True, text=True, check=True)
stats = json.loads(ended.stdout)
assert isinstance(stats, dict) and stats["live_bytes"] >= 12345 and stats["live_blocks"] >= 1, stats
