"""OpenImageIO is loaded when it is needed, and says in our words what it could not do."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from reswd_torch.errors import InputError

pytest.importorskip("OpenImageIO")
from studio.media.images.openimageio import opened, opened_to_write  # noqa: E402
from tests.studio.media.images.film_for_tests import plain_exr  # noqa: E402


def test_another_format_than_was_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cut short or damaged"), opened(plain_exr(tmp_path / "a.exr"), "dpx"):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="names there are always text")
def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.exr"))
    plain_exr(tmp_path / "a.exr").rename(path)
    with pytest.raises(InputError, match="its name is not UTF-8"), opened(path, "openexr"):
        pass


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with opened(plain_exr(tmp_path / "a.exr"), "openexr") as reader:
        spec = reader.spec()
    with pytest.raises(OSError), opened_to_write(tmp_path / "none" / "a.exr", "openexr", (spec,)):
        pass
