"""Peak memory of the running process."""

from __future__ import annotations

import sys
from pathlib import Path


def peak_mib() -> float:
    """The peak of this process's resident memory so far, MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux getrusage also counts what the parent had when it forked
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
