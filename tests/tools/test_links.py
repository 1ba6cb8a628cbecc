"""Links lead somewhere: the checker, and what it says of the repository's own pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools.links import check, documents, faults, main, slug

PAGE = """# One

[here](other.md) [there](other.md#second-heading) [twice](other.md#second-heading-1) [self](#one) [up](../top.txt)
![a picture](picture.png) [away](https://example.org/a?b=c#d) [folder](deeper)
"""
OTHER = "# Other\n\n## Second heading\n\n## Second *heading*!\n\n<a id='by-hand'></a>\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    (docs / "deeper").mkdir(parents=True)
    (tmp_path / "top.txt").write_text("")
    (docs / "picture.png").write_bytes(b"")
    (docs / "page.md").write_text(PAGE)
    (docs / "other.md").write_text(OTHER)
    return tmp_path


def test_links_that_lead_somewhere_are_no_faults(root: Path) -> None:
    assert check(documents(root), root) == []


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("[a](nowhere.md)", "no such file"),
        ("![a](nowhere.png)", "no such file"),
        ("[a](other.md#nowhere)", "no such anchor"),
        ("[a](#nowhere)", "no such anchor"),
        ("[a](other.md#second-heading-2)", "no such anchor"),
        ("[a](/docs/other.md)", "an address from the root"),
        ("[a](../../other.md)", "outside of the folder"),
        ("[a](https://example)", "no address"),
        ("[a](https://)", "no address"),
        ("[a](<https://example.org/a b>)", ""),
        ("[a](ftp://example.org/)", "no https address"),
        ("[a](javascript:alert())", ""),
        ("[a](mailto:nobody)", "no address"),
        ("| a |\n|---|\n| [a](nowhere.md) |", "no such file"),
        ("[a][b]\n\n[b]: nowhere.md", "no such file"),
        ("`[a](nowhere.md)`", ""),
        ("```bash\n[a](nowhere.md)\n```", ""),
    ],
)
def test_links_that_lead_nowhere_are_named(root: Path, link: str, reason: str) -> None:
    path = root / "docs" / "new.md"
    path.write_text(link)
    found = list(faults(path, root))
    assert [fault.rsplit(": ", 1)[1] for fault in found] == ([reason] if reason else [])
    assert all(fault.startswith("docs/new.md: ") for fault in found)


def test_anchors_are_named_as_github_names_them() -> None:
    assert slug("Trims, pairs and masks by colour") == "trims-pairs-and-masks-by-colour"
    assert slug("A - b: `c_d` & e") == "a---b-c_d--e"


def test_a_built_page_has_ids_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "style.css").write_text("")
    (tmp_path / "sub" / "index.html").write_text(
        '<h1 id="here">There</h1><a href="/style.css">s</a><a href="..">up</a>'
    )
    page = tmp_path / "index.html"
    page.write_text(
        '<link href="style.css"><a href="sub/#here">a</a><a href="sub">b</a><img src="data:image/png;base64,">'
    )
    assert check([page, tmp_path / "sub" / "index.html"], tmp_path, built=True) == []
    page = tmp_path / "bad.html"
    page.write_text(
        '<script src="https://example.org/a.js"></script><a href="sub/#there">a</a><a href="none/">b</a>'
        '<a href="https://example.org">c</a><link rel="canonical" href="https://example.org/index.html">'
    )
    other = tmp_path / "other.html"
    other.write_text('<a href="sub/index.html#There">by its words</a>')
    assert check([page, other], tmp_path, built=True) == [
        "bad.html: https://example.org/a.js: the site would load it from elsewhere",
        "bad.html: sub/#there: no such anchor",
        "bad.html: none/: no such file",
        "other.html: sub/index.html#There: no such anchor",
    ]


def test_every_document_of_the_repository_links_somewhere() -> None:
    pages = documents(ROOT)
    assert {ROOT / "README.md", ROOT / "docs" / "index.md", ROOT / "assets" / "README.md"} <= set(pages)
    assert check(pages, ROOT) == []


def test_a_site_that_is_not_built_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert "no page in it" in capsys.readouterr().out
