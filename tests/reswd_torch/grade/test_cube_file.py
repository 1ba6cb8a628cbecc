"""A .cube from elsewhere: odd but valid ones are read, hostile and broken ones are one line, which names the line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio
import pytest
import torch

from reswd_torch import InputError, load_grade
from reswd_torch.grade import Grade, Lut3D, cube_file

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
        CUBE.replace("\n", "\r").encode(),
        CUBE.encode() + b"\0" * 5000 + b"\x1a",
        CUBE.encode("utf-16-le"),
        CUBE.encode("utf-16-be"),
        CUBE.encode("utf-16") + "\0\x1a".encode("utf-16-le"),
        CUBE.rstrip().encode(),
        CUBE.replace("1 1 1", "\t1  1\t1   # white").encode(),
        b"// 3D LUT, made by: a program (v1.2)\n3D LUT of 2 points, red first\n-----\n; 2026-01-01\n" + CUBE.encode(),
        CUBE.replace("1 1 1", f"{'9' * 400}e-400 1.{'0' * 500} 1").encode(),
        CUBE.replace("0 0 0", "1e-38 1e-45 1e-400").encode(),
        b"LUT_3D_INPUT_RANGE 0 1\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 1.0 1.0 1.0\nLUT_3D_SIZE 2\n" + CUBE.encode(),
        CUBE.replace("LUT", "# " + "long " * 10000 + "\nLUT").encode(),
        ("# a licence\n\n" * 2000 + CUBE).encode(),
        CUBE.replace("SIZE 2", "SIZE +2.0").encode(),
    ],
    ids=[
        "UTF-16", "UTF-8 with a mark", "big-endian", "CRLF", "Latin-1", "odd keyword", "words", "notations", "CR", "NUL",
        "UTF-16 without a mark", "the same, big-endian", "UTF-16 NUL",
        "no end", "gaps", "prose", "long numbers", "tiny numbers", "both ranges", "long comment",
        "many comments", "size as a float",
    ],
)  # fmt: skip
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
        (CUBE.replace("1 1 1", "1 1 1e39"), "line 9 is not three"),
        (CUBE.replace("1 1 1", "1 1 0x1p0"), "line 9 is not three"),
        (CUBE.replace("1 1 1", "1 1 1_0"), "line 9 is not three"),
        (CUBE.replace("1 1 1", "1 1 1.0.0"), "line 9 is not three"),
        (CUBE.replace("1 1 1", "1 1 1e"), "line 9 is not three"),
        (CUBE.replace("1 1 1", "1 1\0 1"), "line 9 is not three"),
        (CUBE.replace("1 1 1", "1 1 1\0") + "\n\n0 0 0", "line 9 is not three"),
        (CUBE.replace("1 0 0\n0 1 0", "1 0 0 0\n1 0"), "line 3 is not three"),
        (CUBE.replace("0 0 0", "nan nan nan"), "line 2 is not three"),
        (CUBE.replace("0 0 0", "0.0f 0.0f 0.0f"), "line 2 is not three"),
        (CUBE.replace("0 0 0", "O.O 0 0"), "line 2 is not three"),
        (CUBE.replace("0 0 0", "1.#QNAN 0 0"), "line 2 is not three"),
        (CUBE.replace("0 0 0", "-1.#IND 0 0"), "line 2 is not three"),
        (CUBE.replace("0 0 0", "0,0, 0,0, 0,0"), "line 2 is not three.*points for decimals"),
        (CUBE.replace("0 0 0", "black and white"), "Found 7, expected 8"),
        (CUBE.replace("1 1 1", "1 " * 40000), "line 9 is not three"),
        (CUBE.replace("LUT", "\0DOMAIN_MAX 2 2 2\nLUT"), "line 1 is not three"),
        (CUBE.replace("SIZE ", "SIZE="), "line 1 is not three"),
        ("LUT_3D_SIZE 3\n" + CUBE, "line 2: a second LUT_3D_SIZE says something else"),
        ("DOMAIN_MIN 1 1 1\nDOMAIN_MAX 0 0 0\n" + CUBE, "from 1 1 1 to 0 0 0: the first has to be below"),
        ("DOMAIN_MIN 0 1 0\n" + CUBE, "from 0 1 0 to 1 1 1: the first has to be below"),
        ("LUT_3D_INPUT_RANGE 1 1\n" + CUBE, "LUT_3D_INPUT_RANGE lead from"),
        ("LUT_3D_INPUT_RANGE 0 2\nDOMAIN_MAX 3 3 3\n" + CUBE, "contradict each other"),
        ("DOMAIN_MAX 1e99 1 1\n" + CUBE, "line 1: DOMAIN_MAX takes 3 numbers"),
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


def test_rows_are_read_by_columns_and_by_words_alike(tmp_path: Path) -> None:
    """Fixed widths are read column by column; a comment makes the same rows be read word by word. Oracle: Python's float."""
    rng = np.random.default_rng(3)
    for decimals in (0, 1, 6, 7, 10, 14):
        words = [f"{value:.{decimals}f}" for value in rng.random(3 * 1024)]
        rows = [" ".join(words[at : at + 3]) for at in range(0, len(words), 3)]
        exact = np.array([float(word) for word in words]).astype(np.float32).reshape(-1, 3)
        for name, first in (("columns", rows[0]), ("words", rows[0] + " #")):
            path = tmp_path / f"{name}.cube"
            path.write_text("\n".join(["LUT_1D_SIZE 1024", first, *rows[1:]]) + "\n")
            header, found = cube_file.read_tables(path)
            assert header.curve_size == 1024 and np.array_equal(found, exact), (decimals, name)


def test_rows_in_many_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lut = Lut3D(torch.rand(5, 5, 5, 3, generator=torch.Generator().manual_seed(0)))
    path = Grade(lut).save(tmp_path / "a.cube", cube_size=17)
    whole = cube_file.read_tables(path)[1]
    for chunk in (1, 7, 28, 1000):
        monkeypatch.setattr(cube_file, "_CHUNK", chunk)
        assert np.array_equal(cube_file.read_tables(path)[1], whole)
    lines = path.read_text().splitlines()
    lines[4000] = "0.1 0.2"
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match="line 4001 is not three"):
        load_grade(path)


@pytest.mark.parametrize(
    ("head", "place"),
    [
        ("DOMAIN_MAX 2 2 2\n", 0.5),
        ("LUT_3D_INPUT_RANGE 0 2\n", 0.5),
        ("LUT_3D_INPUT_RANGE 0 2\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 1 1\n", 0.5),
        ("LUT_3D_INPUT_RANGE 0 1\nDOMAIN_MAX 2 2 2\n", 0.5),
        ("LUT_1D_INPUT_RANGE 0 2\n", 1.0),  # of a table that is not there
        ("LUT_IN_VIDEO_RANGE\n", 940 / 1023),
        ("LUT_OUT_VIDEO_RANGE\n", (1023 - 64) / 876),
        ("LUT_IN_VIDEO_RANGE\nLUT_OUT_VIDEO_RANGE\n", 1.0),
    ],
)
def test_ranges(head: str, place: float, tmp_path: Path) -> None:
    """Where the identity of a file takes white, not clipped."""
    path = tmp_path / "range.cube"
    path.write_text(head + CUBE)
    assert float(load_grade(path).transform.apply(torch.ones(1, 3))[0, 0]) == pytest.approx(place, abs=1e-6)


def test_a_file_with_a_claim_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "claim.cube"
    path.write_text("LUT_3D_SIZE 256\n0 0 0\n")
    with pytest.raises(InputError, match="Found 1, expected 16777216"):
        load_grade(path)


def test_opencolorio_is_given_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would follow the paths in what is called .cube and is none."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("asked to read a file")

    monkeypatch.setattr(ocio, "FileTransform", refuse)
    for head in ("", "DOMAIN_MAX 2 2 2\n"):
        (tmp_path / "a.cube").write_text(head + CUBE)
        load_grade(tmp_path / "a.cube").apply(np.random.default_rng(0).random((50, 3), np.float32))


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
