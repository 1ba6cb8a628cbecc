"""The pages that follow from the code are those that the code gives."""

from __future__ import annotations

import re

from tests.conftest import ROOT
from tools.docstrings import plain
from tools.reference import API, COMMANDS, PACKAGES, api, commands, public_names

ANEW = "written anew by: make reference"


def test_the_page_of_commands_is_what_the_help_texts_say() -> None:
    assert COMMANDS.read_text(encoding="utf-8") == commands(), ANEW


def test_the_list_of_names_is_what_the_docstrings_say() -> None:
    assert API.read_text(encoding="utf-8") == api(), ANEW


def test_every_public_name_is_listed_and_described() -> None:
    listed = re.findall(r"^\| `(\w+)` \| \w+ \| (.+) \|$", API.read_text(encoding="utf-8"), re.MULTILINE)
    names = [name for package in PACKAGES for name in public_names(package)]
    assert [name for name, _ in listed] == names
    assert all(len(sentence) > 8 for _, sentence in listed)


def test_roles_are_code() -> None:
    assert plain("see :func:`~reswd_torch.match`, :class:`Grade` and ``x``") == "see `match`, `Grade` and ``x``"


def test_the_handbook_lists_every_page_of_docs() -> None:
    """mkdocs says so too, but only where it is installed."""
    listed = set(re.findall(r"^ +- (\S+\.md)$|^  - (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    assert {one or other for one, other in listed} >= {path.name for path in (ROOT / "docs").glob("*.md")}
