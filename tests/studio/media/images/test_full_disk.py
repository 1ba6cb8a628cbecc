"""A disk that is full at any byte: an error and no file, never a picture whose end is missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.media.images import read_picture, write_picture
from studio.media.images.picture import FORMATS
from tests.studio.conftest import write

resource = pytest.importorskip("resource", reason="Windows has no limit to set")


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A stand-in for a full disk: the system takes that many bytes of a file, the rest of a write it does not (setrlimit(2))."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
@pytest.mark.parametrize("suffix", sorted(set(FORMATS) - {".exr", ".dpx"}))
def test_no_picture_without_its_end(suffix: str, tmp_path: Path) -> None:
    picture = read_picture(write(tmp_path / "source.png", 3, height=90, width=120))
    whole = write_picture(tmp_path / f"whole{suffix}", picture, picture.pixels).read_bytes()
    place = tmp_path / f"cut{suffix}"
    for size in (0, 1, len(whole) // 3, len(whole) - 200, len(whole) - 1):
        with pytest.raises(InputError, match=rf"cut\{suffix}: it could not be written"), files_of_at_most(size):
            write_picture(place, picture, picture.pixels)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["source.png", f"whole{suffix}"]
    with files_of_at_most(3 * len(whole) + 4096):  # some formats are put together in a file that is longer meanwhile
        assert write_picture(place, picture, picture.pixels).read_bytes() == whole


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
@pytest.mark.parametrize("suffix", [".exr", ".dpx"])
def test_no_picture_of_film_without_its_end(suffix: str, tmp_path: Path) -> None:
    pytest.importorskip("OpenImageIO")
    from tests.studio.media.images.film_for_tests import dpx, plain_exr

    path = (plain_exr if suffix == ".exr" else dpx)(tmp_path / f"source{suffix}")
    picture, size = read_picture(path), path.stat().st_size
    place = tmp_path / f"cut{suffix}"
    for most in (0, 1, size // 3, size - 200, size - 1):
        with pytest.raises(InputError, match=rf"cut\{suffix}: it could not be written"), files_of_at_most(most):
            write_picture(place, picture, picture.pixels)
        assert [each.name for each in tmp_path.iterdir()] == [path.name]
