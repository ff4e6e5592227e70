"""Every setting, at both ends of its range, leaves programs working: threads, forks and random histories."""
# needs: pigalloc
# timeout: 120
# cases: DECAY_MS=0 DECAY_MS=3600000 DIRTY_MB=0 DIRTY_MB=1048576 HUGE=never HUGE=always
# cases: SHARE=0 SHARE=1000000 STATS=1
import os
import pathlib
import subprocess
import sys

build = pathlib.Path(os.environ["C_TEST_BUILD"])
name, _, value = sys.argv[1].partition("=")
env = {"LD_PRELOAD": os.environ["C_TEST_LIB"], f"PIGALLOC_{name}": value}
for command in (["api/no_overlap", "5"], ["api/calloc_dirty"], ["threads/free_by_others"], ["threads/outlive"],
                ["fork/storm"], ["limits/realloc_gives_back"]):
    ended = subprocess.run([build / command[0], *command[1:]], env=env, capture_output=True, text=True)
    assert ended.returncode == 0, (command, ended)
