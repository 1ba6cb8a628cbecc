"""What the project is made of: bounds, locked versions with hashes, licences."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT
from tools.licences import COPYLEFT, EXTRAS, PLACE, WEAK, closure, licence, normal
from tools.lock import LOCK, OF_TORCH, entries, locked, pins
from tools.space import copy_file_set

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LISTED = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")]
LOCKED = [Requirement(pin) for pin in pins(LOCK.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("part", ["", *EXTRAS])
def test_every_package_has_an_upper_bound(part: str) -> None:
    """A new major version is taken when it was tried, and not when it comes out."""
    for text in PROJECT["optional-dependencies"][part] if part else PROJECT["dependencies"]:
        wanted = Requirement(text)
        own = wanted.name == PROJECT["name"]  # one extra brings in another
        assert own or any(one.operator in ("<", "<=", "==", "~=") for one in wanted.specifier), text


def test_every_extra_is_looked_at() -> None:
    assert set(PROJECT["optional-dependencies"]) == set(EXTRAS)


@pytest.mark.parametrize("text", [text for text in LISTED if not OF_TORCH.match(text)])
def test_the_lock_keeps_the_bounds(text: str) -> None:
    wanted = Requirement(text)
    found = [one for one in LOCKED if normal(one.name) == normal(wanted.name)]
    assert found, f"{wanted.name} is not in requirements.lock: make lock"
    for one in found:
        (exact,) = one.specifier
        assert exact.operator == "==" and exact.version in wanted.specifier, f"{one}: make lock"


def test_the_lock_holds_all_that_is_brought_in_with_hashes() -> None:
    names = {normal(one.name) for one in LOCKED}
    needed = (closure() | closure("app") | closure("guide")) - {"pip"}
    assert {name for name in needed - names if not OF_TORCH.match(name)} == set()
    for entry in entries(LOCK.read_text(encoding="utf-8")):
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry) and not OF_TORCH.match(entry), entry.splitlines()[0]


def test_what_is_pytorchs_alone_is_left_out_of_the_lock() -> None:
    hashes = " \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n"
    resolved = f"# made\na==1{hashes}torch==2{hashes}nvidia-x==3 ; a\nb==4\n"
    assert pins(locked(resolved)) == ["a==1", "b==4"] and locked(resolved).count("--hash") == 2


def test_a_space_gets_the_versions_of_the_lock(tmp_path: Path) -> None:
    copy_file_set(tmp_path)
    lines = (tmp_path / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert lines == ["torch==2.13.*", *pins(LOCK.read_text(encoding="utf-8"))] and len(lines) == len(LOCKED) + 1


@pytest.mark.parametrize("part", ["", *EXTRAS])
def test_every_package_is_listed_with_its_licence(part: str) -> None:
    rows = dict(re.findall(r"^\| (\S+) \| (.+) \|$", PLACE.read_text(encoding="utf-8"), re.MULTILINE))
    for name in closure(part):
        assert rows.get(name) == licence(distribution(name)) != "not named", f"{name}: make licences"


def test_nothing_in_the_base_is_copyleft() -> None:
    """Nor in what the app needs; the weak ones are named, and so are the encoders in the wheels of extras."""
    said = PLACE.read_text(encoding="utf-8")
    for name in closure() | closure("app") | closure("guide"):
        terms = licence(distribution(name))
        assert not COPYLEFT.search(terms), f"{name}: {terms}"
        assert not WEAK.search(terms) or f"**{name}**" in said, f"{name}: {terms}"
    for words in ("**x264** and **x265**", "**libx265**", "FFmpeg's libraries under the LGPL"):
        assert words in said


@pytest.mark.parametrize("terms", ["GPL-3.0-only", "AGPL-3.0", "GNU GPL V3.0", "GNU General Public License v2 (GPLv2)"])
def test_copyleft_is_known_by_its_names(terms: str) -> None:
    assert COPYLEFT.search(terms)
    assert not COPYLEFT.search("LGPL-2.1") and WEAK.search("LGPL-2.1") and not WEAK.search("MIT")
