"""Every file of the corpus gives what its line says: colours, a mapping, a count, or one clear line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
import torch

from reswd_torch.errors import InputError
from reswd_torch.profiles import to_profile
from studio.media.archive import Limits, unpack
from studio.media.images import read_picture
from studio.media.palettes import read_palette_file
from studio.records.painted import read_painted
from studio.service.apply import load_any_grade
from tests.corpus import archives, grades, palettes, pictures_jpeg, pictures_other, pictures_png, records
from tests.corpus.odd import Grades, Holds, Odd, Refused, Shows, corner_means
from tests.studio.command_line import Reswd, reswd

__all__ = ["reswd"]

PICTURES = [*pictures_png.files(), *pictures_jpeg.files(), *pictures_other.files()]
GRADES = [*grades.files(), *records.files()]
PAINTED = list(records.painted())
ARCHIVES = list(archives.files())
PALETTES = list(palettes.files())


def each(files: Iterable[Odd]) -> pytest.MarkDecorator:
    files = list(files)
    names = [odd.name for odd in files]
    assert len(set(names)) == len(names), f"of one name: {sorted(name for name in names if names.count(name) > 1)}"
    return pytest.mark.parametrize("odd", files, ids=[odd.name for odd in files])


def refused(odd: Odd, path: Path, call: Callable[[], object]) -> None:
    """One line that names the file and says what its line in the corpus says."""
    assert isinstance(odd.outcome, Refused)
    with pytest.raises(InputError) as caught:
        call()
    line = str(caught.value)
    assert path.name in line and "\n" not in line and len(line) < 500
    assert odd.outcome.words in line


def corners_of(path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """(4, 3): the quarters of a picture in sRGB, 0..255; and its notes."""
    picture = read_picture(path)
    pixels = to_profile(picture.pixels, picture.icc, None)
    scale = 257 if pixels.dtype == np.uint16 else 1
    means = pixels.reshape(4, 3) if pixels.shape[0] == 2 else corner_means(pixels)
    return means / scale, picture.notes


@each(PICTURES)
def test_pictures(odd: Odd, tmp_path: Path) -> None:
    path = odd.write(tmp_path)
    if not isinstance(odd.outcome, Shows):
        return refused(odd, path, lambda: read_picture(path))
    found, notes = corners_of(path)
    assert np.abs(found - np.array(odd.outcome.corners)).max() <= odd.outcome.within
    assert not odd.outcome.note or any(odd.outcome.note in note for note in notes)


@each(GRADES)
def test_grades(odd: Odd, tmp_path: Path) -> None:
    path = odd.write(tmp_path)
    if not isinstance(odd.outcome, Grades):
        return refused(odd, path, lambda: load_any_grade(path))
    colours = torch.tensor([odd.outcome.colours], dtype=torch.float32)
    result = load_any_grade(path).apply(colours).clamp(0, 1)
    assert np.abs(result.numpy()[0] - np.array(odd.outcome.results)).max() <= odd.outcome.within


@each(PAINTED)
def test_records_in_pictures(odd: Odd, tmp_path: Path) -> None:
    path = odd.write(tmp_path)
    refused(odd, path, lambda: read_painted(path))


@each(ARCHIVES)
def test_archives(odd: Odd, tmp_path: Path) -> None:
    path, folder = odd.write(tmp_path), tmp_path / "out"
    if isinstance(odd.outcome, Holds):
        assert unpack(path, folder, Limits()) == odd.outcome.files
        return
    refused(odd, path, lambda: unpack(path, folder, Limits()))
    assert not folder.exists() or not list(folder.iterdir())


@each(PALETTES)
def test_palettes(odd: Odd, tmp_path: Path) -> None:
    path = odd.write(tmp_path)
    if not isinstance(odd.outcome, Holds):
        return refused(odd, path, lambda: read_palette_file(path))
    palette, _ = read_palette_file(path)
    assert len(palette.colors) == odd.outcome.files
    assert 0.0 <= np.min(palette.colors) <= np.max(palette.colors) <= 1.0


def test_no_picture_stops_another(tmp_path: Path, reswd: Reswd) -> None:
    """One command for all pictures: those that can be read come out as they went in, each other one gives one line."""
    folder, out, (same,) = tmp_path / "in", tmp_path / "out", [tmp_path / "same.cc"]
    folder.mkdir()
    same.write_text("<ColorCorrection id='x'/>")
    files = [odd._replace(name=f"{number}-{odd.name}").write(folder) for number, odd in enumerate(PICTURES)]
    ran = reswd("apply", same, *files, "-o", out)
    assert ran.code == 1 and "Traceback" not in ran.err + ran.out
    written = {path.name.partition("-")[0]: path for path in out.iterdir()}
    for number, odd in enumerate(PICTURES):
        if isinstance(odd.outcome, Refused) and odd.outcome.words in ("PQ", "HLG"):
            continue  # in the space that it says, unlike for those who want standard range
        if isinstance(odd.outcome, Refused):
            assert str(number) not in written and f"{number}-{odd.name}" in ran.err
        else:
            before, after = corners_of(files[number])[0], corners_of(written[str(number)])[0]
            assert np.abs(before - after).max() <= max(1.0, odd.outcome.within), odd.name
