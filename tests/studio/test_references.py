"""What can be wanted, and that exactly one is given."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from reswd_torch import Cdl, Grade
from reswd_torch.errors import InputError
from studio.references import (
    ClipReference,
    FolderReference,
    PaletteReference,
    PictureReference,
    SavedGrade,
    choose_batch_reference,
    choose_reference,
    reference_files,
)
from studio.remedies import JobRemedy

PICTURE, CLIP, MASK = Path("look.png"), Path("look.mp4"), Path("mask.png")
GRADE = SavedGrade(Grade(Cdl((0.5, 1.0, 1.0))))


def test_the_one_that_was_given_is_chosen() -> None:
    assert choose_reference(file=PICTURE, mask=MASK) == PictureReference(PICTURE, MASK)
    assert choose_reference(file=CLIP, mask=MASK, at=0.0) == ClipReference(CLIP, MASK, 0.0)
    assert choose_reference(file=CLIP) == ClipReference(CLIP)
    assert choose_reference(palette="#fff:2, #000") == PaletteReference("#fff:2, #000")
    assert choose_reference(grade=GRADE) is GRADE


@pytest.mark.parametrize("choose", [choose_reference, choose_batch_reference])
@pytest.mark.parametrize(
    ("given", "said", "remedy"),
    [
        ({}, "no reference", JobRemedy.GIVE_REFERENCE),
        ({"palette": "#fff", "grade": GRADE}, "a palette and a saved grade", JobRemedy.GIVE_ONE_REFERENCE),
        ({"file": PICTURE, "palette": "#fff"}, "a picture and a palette", JobRemedy.GIVE_ONE_REFERENCE),
        ({"palette": "#12"}, "#12", None),
        ({"palette": "#fff", "mask": MASK}, "a target mask needs a target picture", None),
        ({"grade": GRADE, "at": 1.0}, "the time 1 s needs a clip", None),
    ],
)
def test_none_or_several_are_refused(choose: Any, given: dict[str, Any], said: str, remedy: JobRemedy | None) -> None:
    with pytest.raises(InputError, match=said) as caught:
        choose(**given)
    assert caught.value.remedy is remedy


@pytest.mark.parametrize("at", [-0.1, math.nan, math.inf])
def test_what_is_no_time_is_refused(at: float) -> None:
    with pytest.raises(InputError, match=r"look\.mp4: .* is no time in a clip"):
        ClipReference(CLIP, at=at)


def test_a_time_is_for_clips() -> None:
    with pytest.raises(InputError, match=r"look\.png: a time is for clips"):
        choose_reference(file=PICTURE, at=0.0)


def test_a_batch_may_have_a_folder_of_them(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").mkdir()  # the name of a clip does not make it one
    (tmp_path / "look.png").touch()
    for folder in (tmp_path, tmp_path / "clip.mp4"):
        assert choose_batch_reference(file=folder) == FolderReference(folder)
    assert choose_batch_reference(file=tmp_path / "look.png") == PictureReference(tmp_path / "look.png")
    with pytest.raises(InputError, match="needs one target picture"):
        choose_batch_reference(file=tmp_path, mask=MASK)
    with pytest.raises(InputError, match="this is a folder: leave the time out"):
        choose_batch_reference(file=tmp_path, at=1.0)
    with pytest.raises(InputError, match="no such picture or folder") as caught:
        choose_batch_reference(file=tmp_path / "none.png")
    assert caught.value.remedy is JobRemedy.CHECK_REFERENCE


def test_the_files_and_the_name_of_a_reference() -> None:
    assert reference_files(PictureReference(PICTURE)) == {"target": PICTURE}
    assert reference_files(ClipReference(CLIP, MASK)) == {"target": CLIP, "target_mask": MASK}
    for reference in (PaletteReference("#fff"), GRADE, FolderReference(Path("looks"))):
        assert reference_files(reference) == {}
    named = [PictureReference(Path("a/look.png")), ClipReference(CLIP), ClipReference(CLIP, at=1.5), GRADE]
    assert [one.name for one in named] == ["look.png", "look.mp4", "look.mp4 at 1.5 s", "a saved grade"]
