"""What a run will read and write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.media.images import result_name
from studio.service.batch.plan import Item, named_apart, plan_folder
from tests.studio.conftest import write


def places(*names: str) -> list[str]:
    """The result names of items with these names."""
    return [item.place for item in named_apart(Item(name, Path(name), result_name(name)) for name in names)]


def test_the_tree_is_mirrored_and_the_rest_counted(shots: Path, tmp_path: Path) -> None:
    for name in ("notes.txt", "clip.mov", "day 2/clip.mov", ".hidden.jpg", "Thumbs.db", "__MACOSX/x.jpg", ".git/y.jpg"):
        (shots / name).parent.mkdir(exist_ok=True)
        (shots / name).write_bytes(b"x")
    plan = plan_folder(shots, tmp_path / "out", recursive=True)
    assert [item.place for item in plan.items] == ["a.jpg", "b.png", "c.jpg", "d.jpg", "day 2/e.jpg", "day 2/f.png"]
    assert plan.skipped == {".txt": 1, ".mov": 2}


def test_sub_folders_are_entered_only_when_asked(shots: Path, tmp_path: Path) -> None:
    plan = plan_folder(shots, tmp_path / "out")
    assert [item.name for item in plan.items] == ["a.jpg", "b.png", "c.jpg", "d.jpg"]
    assert plan.not_entered == 1 and plan.notes == () and plan.skipped == {}


def test_formats_that_are_not_written_become_png_with_names_of_their_own() -> None:
    assert places("a.gif", "b.tga") == ["a.png", "b.png"]
    assert places("a.gif", "a.png") == ["a.gif.png", "a.png"]
    assert places("a.gif", "a.png", "a.tga") == ["a.gif.png", "a.png", "a.tga.png"]


def test_names_that_some_systems_take_for_one_are_numbered() -> None:
    assert places("A.jpg", "a.jpg", "a.JPG") == ["A.jpg", "a (2).JPG", "a (3).jpg"]
    composed, decomposed = "é.jpg", "é.jpg"
    assert sorted(places(composed, decomposed)) == sorted([decomposed, "é (2).jpg"])
    assert places("x/a.gif", "x/a.gif.png", "x/a.png") == ["x/a.gif (2).png", "x/a.gif.png", "x/a.png"]


def test_no_two_inputs_share_a_result() -> None:
    names = [f"{stem}.{suffix}" for stem in ("a", "A", "a (2)", "a.gif") for suffix in ("gif", "png", "PNG", "tga")]
    found = places(*names)
    assert len({place.casefold() for place in found}) == len(names)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_lead_nowhere_outside_and_inside(shots: Path, tmp_path: Path) -> None:
    outside = write(tmp_path / "outside.jpg", 7)
    (shots / "gone.jpg").symlink_to(tmp_path / "nothing.jpg")
    (shots / "out.jpg").symlink_to(outside)
    (shots / "in.jpg").symlink_to(shots / "a.jpg")
    (shots / "loop.jpg").symlink_to(shots / "loop.jpg")
    (shots / "tree").symlink_to(tmp_path, target_is_directory=True)
    (shots / "ring").symlink_to(shots, target_is_directory=True)
    plan = plan_folder(shots, tmp_path / "out", recursive=True)
    problems = {item.name: item.problem for item in plan.items}
    assert "not there" in (problems["gone.jpg"] or "")
    assert "out of the folder" in (problems["out.jpg"] or "")
    assert problems["in.jpg"] is None and "not there" in (problems["loop.jpg"] or "")
    assert plan.skipped == {"linked folders": 2}
    assert not any(name.startswith(("tree/", "ring/")) for name in problems)


def test_references_by_name_in_the_tree_or_on_top(shots: Path, tmp_path: Path) -> None:
    looks = tmp_path / "looks"
    for name in ("a.png", "b.jpg", "c.jpg", "d.tif", "day 2/e.jpg", "f.jpg"):
        write(looks / name, 1)
    plan = plan_folder(shots, tmp_path / "out", recursive=True, references=looks)
    found = {item.name: item.reference.relative_to(looks).as_posix() for item in plan.items if item.reference}
    top = {"a.jpg": "a.png", "b.png": "b.jpg", "c.jpg": "c.jpg", "d.jpg": "d.tif"}
    assert found == top | {"day 2/e.jpg": "day 2/e.jpg", "day 2/f.png": "f.jpg"}


def test_missing_and_double_references_are_listed_before_anything_runs(shots: Path, tmp_path: Path) -> None:
    looks = tmp_path / "looks"
    for name in ("a.png", "b.jpg"):
        write(looks / name, 1)
    with pytest.raises(InputError, match=r"2 pictures have no reference of the same name in it: c\.jpg, d\.jpg"):
        plan_folder(shots, tmp_path / "out", references=looks)
    for name in ("c.jpg", "d.jpg", "a.jpg", "spare.jpg"):
        write(looks / name, 1)
    with pytest.raises(InputError, match=r"1 picture has more than one reference .*: a\.jpg"):
        plan_folder(shots, tmp_path / "out", references=looks)
    (looks / "a.jpg").unlink()
    plan = plan_folder(shots, tmp_path / "out", references=looks)
    assert any("1 reference without a picture: spare.jpg" in note for note in plan.notes)


def test_what_is_refused(shots: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.txt").write_text("a")
    (tmp_path / "deep" / "below").mkdir(parents=True)
    file = write(tmp_path / "file.png", 1)
    for folder, output, words in (
        (tmp_path / "nowhere", tmp_path / "out", "no such folder"),
        (file, tmp_path / "out", "this is a file"),
        (empty, tmp_path / "out", "no pictures"),
        (tmp_path / "text", tmp_path / "out", r"it holds 1 \.txt"),
        (tmp_path / "deep", tmp_path / "out", "sub-folders were not entered"),
        (shots, shots, "must not go into the folder of the sources"),
        (shots, shots / "day 2" / "out", "inside the source folder"),
        (shots, tmp_path, "lies inside it"),
        (shots, file, "this is a file"),
        (shots, file / "below", "cannot be written"),
    ):
        with pytest.raises(InputError, match=words):
            plan_folder(folder, output)


def test_a_link_to_the_source_is_the_source(shots: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(shots, target_is_directory=True)
    with pytest.raises(InputError, match="must not go into"):
        plan_folder(shots, tmp_path / "alias")


def test_a_reference_in_the_output_is_not_replaced(shots: Path, tmp_path: Path) -> None:
    reference = write(tmp_path / "out" / "a.jpg", 3)
    with pytest.raises(InputError, match="would replace an input"):
        plan_folder(shots, tmp_path / "out", inputs=[reference])
