"""docs/licences.md: the licence of every package that the project brings in, as the installed packages name it.

python -m tools.licences     write it anew (`make licences`)
"""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "docs" / "licences.md"
PROJECT = "reswd-studio"
BASE = "base"
EXTRAS = ("app", "guide", "video", "edit", "heic", "vfx", "raw", "cluster", "mcp", "desktop", "training", "dev", "docs")
COPYLEFT = re.compile(r"(?<!L)(GPL|General Public)", re.IGNORECASE)
"""Licences that reach the programs that use a package; the GNU Lesser one is not among them."""
WEAK = re.compile(r"MPL|Mozilla|LGPL|Lesser", re.IGNORECASE)
_UNNAMED = {
    "opencolorio": "BSD-3-Clause",
    "pycmx": "MIT",
    "matplotlib": "Matplotlib (PSF style)",
    "mergedeep": "MIT",
    "wadler-lindig": "Apache-2.0",
}
"""Of packages whose metadata hold the text of a licence, or a sentence in its place."""
_HEAD = """# Licences

The project is under the Apache License 2.0. This lists what it brings in, as each package names its own licence; `make licences`
writes it anew, and `make sbom` writes the same with versions as a CycloneDX file.

Nothing in the base, the library alone, is under the GPL or AGPL, and nothing in `app` and `guide` is. Some of it is under
licences that ask for changes of the packages themselves to be published (MPL, LGPL):

- **certifi** (MPL-2.0), **tqdm** (MPL-2.0 and MIT) and **orjson** (MPL-2.0 and Apache-2.0 or MIT) come with `app` and `guide`.
- **opencv-python-headless**, in the base: its wheels carry FFmpeg's libraries under the LGPL 2.1, without GPL parts.
- **numpy** and **torch**, in the base: their wheels carry the run-time libraries of GCC, under the GPL with the GCC Runtime
  Library Exception, which allows use in programs of any licence.
- **rawpy** (`raw`) is under the MIT licence; its wheels carry **LibRaw**, LGPL 2.1 or CDDL 1.0, without its GPL demosaic packs,
  and GCC's OpenMP library as above.

Two extras carry encoders under the GPL in their wheels. They are separate for that reason, and whoever hands on a program
together with them heeds the GPL for the whole:

- **av** (`video`): the package is under the BSD licence; its wheels carry **x264** and **x265**, GPL 2 or later, beside an
  FFmpeg that calls itself LGPL 3 or later.
- **pillow-heif** (`heic`): the package is under the BSD licence; its wheels carry **libx265**, GPL 2 or later, and libheif and
  libde265, LGPL 3.

Two scripts of others lie in the repository itself, unchanged and with their licences: **OpenSeadragon** 6.1.1 (BSD-3-Clause,
`studio/ui/desk/vendor/`), by which the app's viewer zooms, and **axe-core** 4.14.1 (MPL-2.0, `tests/e2e/vendor/`), by which the
tests look for what keeps people out; it is in no package.

"""


def closure(extra: str = "") -> set[str]:
    """The installed packages, by normal name, that the base or one extra brings in here, without the project itself."""
    found: set[str] = set()
    todo = [(PROJECT, extra)]
    seen = set(todo)
    while todo:
        name, wanted = todo.pop()
        try:
            requirements = distribution(name).requires or []
        except PackageNotFoundError:  # of another system
            continue
        if name != PROJECT:
            found.add(name)
        for text in requirements:
            one = Requirement(text)
            if name == PROJECT and extra and "extra" not in text:
                continue  # the base's
            if one.marker is None or one.marker.evaluate({"extra": wanted}):
                for below in ("", *one.extras):
                    if (step := (normal(one.name), below)) not in seen:
                        seen.add(step)
                        todo.append(step)
    return found


def normal(name: str) -> str:
    """A package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(package: Distribution) -> str:
    """What a package says its licence is: the SPDX expression (PEP 639), the classifiers, or the free field of older ones."""
    facts = package.metadata
    if (known := _UNNAMED.get(normal(facts["Name"]))) is not None:
        return known
    if expression := facts.get("License-Expression"):
        return str(expression)
    free = str(facts.get("License") or "").strip()
    if free and "\n" not in free and len(free) <= 60:
        return free
    classified = [
        line.split("::")[-1].strip() for line in facts.get_all("Classifier") or [] if line.startswith("License")
    ]
    return ", ".join(one for one in classified if one != "OSI Approved") or "not named"


def text() -> str:
    """The document."""
    parts, listed = [_HEAD], set[str]()
    for extra in ("", *EXTRAS):
        names = sorted(closure(extra) - listed)
        listed |= set(names)
        parts.append(f"## {extra or BASE}\n\n| package | licence |\n|---|---|\n")
        parts.append("".join(f"| {name} | {licence(distribution(name))} |\n" for name in names) + "\n")
    return "".join(parts).rstrip("\n") + "\n"


if __name__ == "__main__":
    PLACE.write_text(text(), encoding="utf-8", newline="\n")
    print(f"wrote {PLACE.relative_to(ROOT)}")
