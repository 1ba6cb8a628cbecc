"""A .cube from elsewhere: odd but valid ones are read, hostile and broken ones are one line, which names the line."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio
import pytest
import torch

from reswd_torch import InputError, load_grade
from reswd_torch.grade import Grade, Lut3D, LutChain, cube_file

ROWS = "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n"
CUBE = "LUT_3D_SIZE 2\n" + ROWS


@pytest.mark.parametrize(
    "content",
    [
        CUBE.encode("utf-16"),
        CUBE.encode("utf-8-sig"),
        b"\xfe\xff" + CUBE.encode("utf-16-be"),
        CUBE.replace("\n", "\r\n").encode(),
        b"# caf\xe9\n" + CUBE.encode(),
        b"LUT_3D_SIZE 2\nCAMERA \xe9\xff\n" + ROWS.encode(),
        b"KEYWORD of another program\n" + CUBE.encode() + b"# the end\n\n",
        CUBE.replace("1 1 1", "1.0E0 +1. .1e1").encode(),
    ],
    ids=["UTF-16", "UTF-8 with a mark", "big-endian", "CRLF", "Latin-1", "odd keyword", "words", "notations"],
)
def test_odd_cubes_are_read(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.cube"
    path.write_bytes(content)
    colours = np.random.default_rng(0).random((50, 3), np.float32)
    np.testing.assert_allclose(load_grade(path).apply(colours), colours, atol=1e-6)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("LUT_3D_SIZE 2\n" + "0,5 0,5 0,5\n" * 8, r"line 2 .*'0,5 0,5 0,5'.*points for decimals"),
        (CUBE + "TOO LATE\n", r"line 10 is not three numbers \('TOO LATE'\)"),
        (CUBE.replace("1 1 1", "1 1"), "line 9 is not three"),
        (CUBE.replace("1 1 1", "1 1 1 1"), "line 9 is not three"),
        (CUBE.replace("1 1 1", "1 1 1e999"), "line 9 is not three"),
        (CUBE.replace("1 1 1", "1 1 ١"), "line 9 is not three"),
        (CUBE.replace("1 1 1", "inf 1 1"), "line 9 is not three"),
        (CUBE + "1 1 1\n", "Found more than 8, expected 8"),
        ("LUT_3D_SIZE 257\n", "'257' is not a whole number from 2 to 256"),
        ("LUT_3D_SIZE 99999999999999\n", "not a whole number from 2 to 256"),
        ("LUT_1D_SIZE 1\n0 0 0\n", "from 2 to 65536"),
        ("DOMAIN_MAX 1 1\n" + CUBE, "line 1: DOMAIN_MAX takes 3 numbers"),
        (ROWS, "states no LUT_3D_SIZE"),
    ],
)
def test_a_cube_that_is_none_is_refused_by_the_line(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.cube"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        load_grade(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_keywords_count_in_any_case(tmp_path: Path) -> None:
    path = tmp_path / "lower.cube"
    path.write_text("lut_3d_size 2\nDomain_Max 2 2 2\n" + ROWS)
    assert load_grade(path).apply(np.ones((1, 3), np.float32)).max() == pytest.approx(0.5)


def test_a_file_of_endless_size_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cube_file, "LARGEST_CUBE", 1 << 20)
    path = tmp_path / "large.cube"
    path.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(InputError, match="more than 1 MiB"):
        load_grade(path)
