"""Places where files are written: refusals, temporary files, and which paths are the same file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from reswd_torch.grade.files import write_text_atomically
from studio.media import places
from studio.media.places import check_place, file_ids, remove_leftovers, same_file, sha256_of, written_beside


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    there = tmp_path / "there.png"
    there.write_bytes(b"1")
    check_place(tmp_path / "new.png", inputs=[there])
    check_place(there, overwrite=True)
    for place, inputs, says in (
        (there, [], "the file exists"),
        (there, [there], "would replace an input"),
        (tmp_path, [], "this is a folder"),
        (tmp_path / "none" / "a.png", [], "does not exist"),
    ):
        with pytest.raises(InputError, match=says):
            check_place(place, inputs=inputs, overwrite=says != "the file exists")


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    place = tmp_path / "a.png"
    place.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), written_beside(place) as temporary:
        temporary.write_bytes(b"half")
        assert temporary.parent == tmp_path and temporary.suffix == ".png" and place.read_bytes() == b"old"
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"] and place.read_bytes() == b"old"
    with written_beside(place) as temporary:
        temporary.write_bytes(b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"] and place.read_bytes() == b"new"


def test_leftovers_of_a_killed_program_are_removed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = [tmp_path / name for name in ("a.png", f"{'long' * 50}.tif", "look.cube")]
    kept = {"a.png", ".hidden", ".b.0123abcd.png", ".a.0123abc.png", "a.0123abcd.png"}
    for name in kept:
        (tmp_path / name).write_text("kept")
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)  # a killed program removes nothing
    for place in mine[:2]:
        with pytest.raises(OSError, match="killed"), written_beside(place) as temporary:
            temporary.write_text("half")
            raise OSError("killed")
    with monkeypatch.context() as patch, pytest.raises(InputError):
        patch.setattr("os.replace", _killed)
        write_text_atomically(mine[2], "half")
    monkeypatch.undo()
    assert len(list(tmp_path.iterdir())) == len(kept) + 3
    remove_leftovers([*mine, tmp_path / "none" / "a.png"])
    assert {path.name for path in tmp_path.iterdir()} == kept


def _killed(*_: object) -> None:
    raise OSError("killed")


def test_links_lead_to_one_file(tmp_path: Path) -> None:
    one, link, other = tmp_path / "one", tmp_path / "link", tmp_path / "other"
    one.write_bytes(b"1")
    other.write_bytes(b"1")
    link.symlink_to(one)
    assert same_file(one, link) and not same_file(one, other)
    assert same_file(tmp_path / "none", tmp_path / "." / "none") and not same_file(tmp_path / "none", one)
    assert file_ids([one]) == file_ids([link, tmp_path / "none"]) != file_ids([other])
    assert sha256_of(one) == hashlib.sha256(b"1").hexdigest() == places.sha256_of(other)
