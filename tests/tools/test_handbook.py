"""The site: pages keep their links to files of the repository, and the lists of the reference lead to docstrings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools.links import check
from tools.reference import PACKAGES, public_names


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The handbook, built: a warning of mkdocs is an error."""
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(place)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return place


def test_every_link_of_the_site_leads_somewhere_and_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    assert check(sorted(site.rglob("*.html")), site, built=True) == []


def test_files_beside_docs_are_in_the_site(site: Path) -> None:
    assert 'href="repository/assets/index.html"' in (site / "index.html").read_text(encoding="utf-8")
    for name in ("CONTRIBUTING.html", "SECURITY.html", "assets/licences/CC-BY-4.0.txt", "training/look/index.html"):
        assert (site / "repository" / name).is_file(), name
    changes = (site / "repository" / "CHANGELOG.html").read_text(encoding="utf-8")
    assert 'href="../grades.html"' in changes, "a link into docs/ from a page beside it"


def test_every_public_name_has_its_docstring_in_the_site(site: Path) -> None:
    listed = (site / "api.html").read_text(encoding="utf-8")
    for package in PACKAGES:
        page = (site / "api" / f"{package}.html").read_text(encoding="utf-8")
        for name in public_names(package):
            assert f'id="{package}.{name}"' in page, name
            assert f'href="api/{package}.html#{package}.{name}"' in listed, name
    assert "0..1, sRGB-encoded" in (site / "api" / "reswd_torch.html").read_text(encoding="utf-8")


def test_what_is_folded_is_rendered(site: Path) -> None:
    assert "|---|" not in (site / "estimators.html").read_text(encoding="utf-8")
