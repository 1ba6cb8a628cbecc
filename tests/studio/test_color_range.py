"""Ranges of colours: what is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.color_range import ColorRange
from studio.jobs import BatchJob, ClipJob, FramesJob
from studio.references import PictureReference, choose_batch_reference, choose_reference

SKY = ColorRange("#6090d0")
TARGET = PictureReference(Path("target.jpg"))


def test_colours_are_those_of_the_text() -> None:
    assert ColorRange("#ff0000, 00f").values == ((1, 0, 0), (0, 0, 1))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"colors": "red"}, "'red'"),
        ({"colors": " "}, "names no colour"),
        ({"colors": "#fff " * 17}, "17 colours"),
        ({"tolerance": -1.0}, "tolerance -1"),
        ({"softness": float("nan")}, "softness nan"),
        ({"feather": 1e9}, "feather 1e"),
    ],
)
def test_what_is_no_range_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        ColorRange(**{"colors": "#fff", **wrong})  # type: ignore[arg-type]


def test_only_matches_of_two_pictures_have_one() -> None:
    for job, name in ((ClipJob, "a.mp4"), (FramesJob, "a.%04d.png")):
        with pytest.raises(InputError, match=f"{name}.*#6090d0.*two pictures"):
            job(Path(name), TARGET, mask_colors=SKY)
    with pytest.raises(InputError, match=r"target\.jpg.*two pictures"):
        BatchJob(Path("in"), Path("out"), PictureReference(Path("target.jpg"), mask_colors=SKY))


def test_range_of_a_reference_needs_a_picture(tmp_path: Path) -> None:
    assert choose_reference(file=Path("a.jpg"), mask_colors=SKY) == PictureReference(Path("a.jpg"), None, SKY)
    with pytest.raises(InputError, match="#6090d0.*need a target picture"):
        choose_reference(palette="#fff", mask_colors=SKY)
    with pytest.raises(InputError, match="need a target picture"):
        choose_reference(file=Path("a.mp4"), mask_colors=SKY)
    with pytest.raises(InputError, match="need one target picture"):
        choose_batch_reference(file=tmp_path, mask_colors=SKY)
