"""What kind of machine a result comes from."""

import os
import pathlib
import platform
import re
import time


def _line(path, pattern):
    try:
        found = re.search(pattern, pathlib.Path(path).read_text(), re.MULTILINE)
    except OSError:
        return "unknown"
    return found[1].strip() if found else "unknown"


def describe():
    memory = _line("/proc/meminfo", r"^MemTotal:\s+(\d+)")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": _line("/proc/cpuinfo", r"^model name\s*:\s*(.+)$"),
        "processors": os.cpu_count(),
        "memory_gb": round(int(memory) / (1 << 20)) if memory.isdigit() else "unknown",
        "kernel": platform.release(),
        "libc": " ".join(platform.libc_ver()),
        "huge_pages": _line("/sys/kernel/mm/transparent_hugepage/enabled", r"\[(\w+)\]"),
        "huge_page_defrag": _line("/sys/kernel/mm/transparent_hugepage/defrag", r"\[([\w+]+)\]"),
    }


def one_line(kind):
    return (f"{kind['date']}, {kind['processor']}, {kind['processors']} processors, {kind['memory_gb']} GB, "
            f"Linux {kind['kernel']}, {kind['libc']}, transparent huge pages: {kind['huge_pages']}")
