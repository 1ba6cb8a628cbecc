"""A release: the files for a package index, checked and tried as a person gets them. Nothing is uploaded.

python -m tools.release build                    both wheels and both source distributions, into build/dist
python -m tools.release check                    build, look through them, install and use them in an empty folder
python -m tools.release changelog [--dry-run]    give the section of CHANGELOG.md its date; --dry-run prints it instead

What is left to do by hand: the version in reswd_torch/version.py, a tag, and `twine upload build/dist/*`.
"""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from pathlib import Path

from tools.trial import CHECK, try_wheels
from tools.wheels import ROOT, build, built, faults, sizes

CHANGELOG = ROOT / "CHANGELOG.md"
_VERSION = ROOT / "reswd_torch" / "version.py"


def version() -> str:
    """The version of the project, read without importing it."""
    found = re.search(r'__version__ = "([^"]+)"', _VERSION.read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def released(text: str, number: str, date: str) -> tuple[str, str]:
    """The changelog with its first section released, and that section alone.

    Args:
        text: the changelog, whose first section is headed ``## Unreleased`` or ``## VERSION, unreleased``.
        number: the version that is released.
        date: the day, as 2026-12-01.

    Raises:
        SystemExit: the first section has a date already, is of another version, or holds nothing.
    """
    head = re.search(r"^## (.+)$", text, re.MULTILINE)
    if head is None or head[1].lower() not in ("unreleased", f"{number}, unreleased"):
        said = "no section" if head is None else repr(head[1])
        raise SystemExit(f"release: CHANGELOG.md begins with {said}, not with '{number}, unreleased'")
    body = re.split(r"^## ", text[head.end() :], maxsplit=1, flags=re.MULTILINE)[0].strip()
    if not body:
        raise SystemExit(f"release: the section of {number} in CHANGELOG.md is empty")
    title = f"## {number}, {date}"
    return text[: head.start()] + title + text[head.end() :], f"{title}\n\n{body}\n"


def check() -> None:
    """Build everything, hold it against the rules, and try it."""
    build()
    print(sizes(), flush=True)
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *map(str, built())], check=True)
    wrong = [f"{path.name}: {fault}" for path in built() for fault in faults(path)]
    if wrong:
        raise SystemExit("\n".join([*wrong, f"{CHECK}: these files are not to be released"]))
    try_wheels()


def changelog(dry: bool) -> None:
    """Release the first section of the changelog, or print what it would be."""
    whole, section = released(CHANGELOG.read_text(encoding="utf-8"), version(), f"{datetime.date.today():%Y-%m-%d}")
    if dry:
        print(section)
    else:
        CHANGELOG.write_text(whole, encoding="utf-8", newline="\n")
        print(f"{Path(CHANGELOG.name)}: {section.splitlines()[0][3:]}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["build"]:
            build()
            print(sizes())
        case ["check"]:
            check()
        case ["changelog"]:
            changelog(dry=False)
        case ["changelog", "--dry-run"]:
            changelog(dry=True)
        case _:
            raise SystemExit(__doc__)
