"""The colour space that grade files name."""

from __future__ import annotations

from pathlib import Path

import pytest

from reswd_torch.grade import Cdl, Grade
from reswd_torch.grade.formats import FORMATS
from studio.service.grade_space import named_space

_NAMES_IT = (".cc", ".ccc", ".cdl", ".cube", ".clf", ".ctf")


@pytest.mark.parametrize("suffix", [one.suffix for one in FORMATS])
def test_the_space_that_a_grade_was_saved_with_is_found(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"look{suffix}"
    Grade(Cdl(slope=(1.1, 1.0, 0.9), saturation=0.9), encoding="ACEScct & <more>").save(file)
    assert named_space(file) == ("ACEScct & <more>" if suffix in _NAMES_IT else None)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"LUT_3D_SIZE 2\n", b"<InputDescription></InputDescription>"]
)
def test_a_file_that_names_none_has_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.cube"
    file.write_bytes(content)
    assert named_space(file) is None
