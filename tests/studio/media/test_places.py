"""Places where files are written: refusals, and which paths are the same file."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from reswd_torch.grade.files import write_text_atomically
from studio.media import places
from studio.media.places import check_place, file_ids, same_file, sha256_of, written_beside, written_together
from studio.remedies import JobRemedy


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


def test_a_file_that_came_meanwhile_is_refused_as_one_that_was_there(tmp_path: Path) -> None:
    """The same line, with the same remedy."""
    place = tmp_path / "a.png"
    for block in (written_beside(place, overwrite=False), written_together(overwrite=False)):
        place.unlink(missing_ok=True)
        with pytest.raises(InputError, match=r"a\.png: the file exists") as caught, block as temporary:
            if temporary is None:
                write_text_atomically(place, "mine")
            else:
                temporary.write_text("mine")
            place.write_text("theirs")
        assert caught.value.remedy is JobRemedy.OVERWRITE
        assert [path.name for path in tmp_path.iterdir()] == ["a.png"] and place.read_text() == "theirs"


def test_what_is_there_and_is_no_file_or_leads_nowhere(tmp_path: Path) -> None:
    pipe, lost, loop = tmp_path / "pipe.png", tmp_path / "lost.png", tmp_path / "loop.png"
    os.mkfifo(pipe)
    lost.symlink_to(tmp_path / "none.png")
    loop.symlink_to(loop)
    device = tmp_path / "null.png"
    device.symlink_to("/dev/null")
    for overwrite in (False, True):
        for place in (pipe, device):
            with pytest.raises(InputError, match="a device or a pipe"):
                check_place(place, overwrite=overwrite)
    for place in (lost, loop):
        with pytest.raises(InputError, match="the file exists"):
            check_place(place)
        check_place(place, overwrite=True)


def test_a_source_is_known_under_every_name_of_it(tmp_path: Path) -> None:
    """By a hard link, by a link, over a linked folder, with dots; and an output that is not there yet over a linked folder."""
    source = tmp_path / "a.png"
    source.write_bytes(b"1")
    os.link(source, tmp_path / "hard.png")
    (tmp_path / "soft.png").symlink_to(source)
    (tmp_path / "folder").symlink_to(tmp_path)
    for name in ("hard.png", "soft.png", "folder/a.png", "./a.png"):
        with pytest.raises(InputError, match="would replace an input"):
            check_place(tmp_path / name, inputs=[source], overwrite=True)
    with pytest.raises(InputError, match="would replace an input or another output"):
        check_place(tmp_path / "folder" / "new.png", inputs=[tmp_path / "new.png"])


def test_links_lead_to_one_file(tmp_path: Path) -> None:
    one, link, other = tmp_path / "one", tmp_path / "link", tmp_path / "other"
    one.write_bytes(b"1")
    other.write_bytes(b"1")
    link.symlink_to(one)
    assert same_file(one, link) and not same_file(one, other)
    assert same_file(tmp_path / "none", tmp_path / "." / "none") and not same_file(tmp_path / "none", one)
    assert file_ids([one]) == file_ids([link, tmp_path / "none"]) != file_ids([other])
    assert sha256_of(one) == hashlib.sha256(b"1").hexdigest() == places.sha256_of(other)
