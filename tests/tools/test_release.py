"""The section of the changelog that a release makes."""

from __future__ import annotations

import pytest

from reswd_torch.version import __version__
from tests.conftest import ROOT
from tools.release import released, version

OLD = "## 0.1.0, 2026-10-01\n\n- Old.\n"


@pytest.mark.parametrize("title", ["Unreleased", "0.2.0, unreleased"])
def test_the_first_section_gets_version_and_date(title: str) -> None:
    whole, section = released(f"# Changelog\n\n## {title}\n\n- New.\n- ## no title\n\n{OLD}", "0.2.0", "2026-12-01")
    assert section == "## 0.2.0, 2026-12-01\n\n- New.\n- ## no title\n"
    assert whole == f"# Changelog\n\n{section}\n{OLD}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OLD, "begins with '0.1.0, 2026-10-01'"),
        ("## 0.3.0, unreleased\n\n- New.\n", "begins with '0.3.0, unreleased'"),
        ("# Changelog\n", "begins with no section"),
        (f"## Unreleased\n\n{OLD}", "is empty"),
    ],
)
def test_what_is_no_release_is_refused(text: str, said: str) -> None:
    with pytest.raises(SystemExit, match=said):
        released(text, "0.2.0", "2026-12-01")


def test_the_version_is_that_of_the_library() -> None:
    assert version() == __version__


def test_the_container_copies_what_its_list_lets_in() -> None:
    """Whatever .dockerignore does not name is not there to be copied."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = {name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    assert copied == let_in and all((ROOT / name).exists() for name in copied)
    assert "USER 1000" in lines and any(line.startswith("HEALTHCHECK ") for line in lines)
