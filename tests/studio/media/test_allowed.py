"""Which places tools may name: below which folders, over links, and of several folders the innermost."""

from __future__ import annotations

from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.media.allowed import Allowed, below


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a file and a folder, beside a file."""
    folder = tmp_path / "root"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.png").touch()
    (tmp_path / "outside.png").touch()
    return folder


def test_relative_names_start_where_the_file_is(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.png").touch()
    places = Allowed((root, other))
    assert places.to_read("a.png", "x") == root / "a.png"
    assert places.to_read("b.png", "x") == other / "b.png"
    assert places.to_read("none.png", "x") == root / "none.png"
    assert places.to_write("b.png", "x") == root / "b.png"
    assert places.to_read(str(other), "x") == other


@pytest.mark.parametrize(
    "text",
    ["/etc/passwd", "../outside.png", "inner/../../outside.png", "..", "a\\..\\..\\x", "", " ", "a\0b", "loop", "out"],
)
def test_what_lies_elsewhere_is_refused_in_one_line(root: Path, text: str) -> None:
    (root / "loop").symlink_to(root / "loop")
    (root / "out").symlink_to(root.parent / "outside.png")
    places = Allowed((root,))
    for look in (places.to_read, places.to_write):
        with pytest.raises(InputError) as refused:
            look(text, "source")
        assert "\n" not in str(refused.value)


def test_a_link_that_stays_inside_keeps_its_name(root: Path) -> None:
    (root / "link.png").symlink_to(root / "a.png")
    (root / "folder").symlink_to(root / "inner")
    places = Allowed((root,))
    assert places.to_read("link.png", "x") == root / "link.png"
    assert places.to_write("folder/new.png", "x") == root / "inner" / "new.png"


@pytest.mark.parametrize(
    ("name", "instead"),
    [("nul.png", "nul_.png"), ("a?.png", "a_.png"), ("new:folder/a.png", "new_folder"), ("a.png ", "a.png_")],
)
def test_names_that_windows_refuses_are_refused_with_one_that_it_takes(root: Path, name: str, instead: str) -> None:
    with pytest.raises(InputError, match=f"Windows refuses the name .* call it '{instead}'"):
        Allowed((root,)).to_write(name, "output")


def test_the_innermost_folder_says_what_may_be_done(root: Path) -> None:
    places = Allowed((root,), (root / "inner",))
    assert places.to_write("b.png", "x") == root / "b.png"
    with pytest.raises(InputError, match="may only be read"):
        places.to_write("inner/b.png", "x")
    assert Allowed((root / "inner",), (root,)).to_write(str(root / "inner" / "b.png"), "x") == root / "inner" / "b.png"
    with pytest.raises(InputError, match="may only be read"):
        Allowed((root / "inner",), (root,)).to_write(str(root / "b.png"), "x")


def test_links_among_found_files_are_refused_where_they_lead_out(root: Path) -> None:
    places = Allowed((root,))
    (root / "in.png").symlink_to(root / "a.png")
    places.check_links([root / "a.png", root / "in.png"], "the frame")
    (root / "out.png").symlink_to(root.parent / "outside.png")
    with pytest.raises(InputError, match="link out of the folders"):
        places.check_links([root / "out.png"], "the frame")
    (root / "inner" / "up").symlink_to(root.parent)
    assert places.links_below(root) == [root / "inner" / "up"]
    assert places.links_below(root / "none") == []


def test_a_name_that_no_folder_can_have_is_one_line(root: Path) -> None:
    (root / "round").symlink_to(root / "round")
    for name in ("a\0b", "round/x", str(root / "round")):
        with pytest.raises(InputError):
            below(name, (root,), "the folder")
