"""requirements.lock: the exact versions of all that requirements.txt brings in, with the hashes of their files.

python -m tools.lock         make it anew (this needs uv: `make lock`)

PyTorch and what PyTorch alone brings in are left out: pip wants hashes of all packages or of none, and PyTorch's files are others
where it computes on a card (from PyPI, with NVIDIA's libraries) than where it does not. Install it first, then the lock:

    pip install "torch==2.13.*"
    pip install --no-deps --require-hashes -r requirements.lock
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
OF_TORCH = re.compile(r"(torch|triton|nvidia-|cuda-)")
"""How the names begin of what depends on the kind of machine."""
_HEAD = (
    "# Made by `make lock` from requirements.txt; tools/lock.py says how to install it, and why torch is not in it.\n"
)


def entries(text: str) -> Iterator[str]:
    """The entries of a requirements file: each a line with a name, and the lines with hashes that it is continued on."""
    entry = ""
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.lstrip().startswith("#"):
            entry += line
            if not line.rstrip().endswith("\\"):
                yield entry
                entry = ""


def pins(text: str) -> list[str]:
    """The entries without hashes, such as ``pillow==12.0.0`` or ``numpy==2.4.0 ; python_full_version < '3.12'``."""
    return [entry.splitlines()[0].rstrip(" \\") for entry in entries(text)]


def locked(text: str) -> str:
    """The lock of what uv has resolved: all but PyTorch and its own."""
    return _HEAD + "".join(entry for entry in entries(text) if not OF_TORCH.match(entry))


def main() -> None:
    """Resolve requirements.txt for every system and Python from 3.11 on, and write the lock."""
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "requirements.txt"]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    LOCK.write_text(locked(done.stdout), encoding="utf-8", newline="\n")
    print(f"wrote {LOCK.name}: {len(pins(LOCK.read_text(encoding='utf-8')))} packages")


if __name__ == "__main__":
    if sys.argv[1:]:
        raise SystemExit(__doc__)
    main()
