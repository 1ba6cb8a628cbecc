"""Grade files from elsewhere: odd but valid ones are read, hostile and broken ones are one line, and none leads out of itself."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from reswd_torch import Cdl, InputError, load_grade
from reswd_torch.grade import foreign_text

ROWS = "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n"
CUBE = "LUT_3D_SIZE 2\n" + ROWS
SOP = (
    "<{0}SOPNode><{0}Slope>1.2 1.1 0.9</{0}Slope><{0}Offset>0.02 -0.01 0.03</{0}Offset>"
    "<{0}Power>1.1 0.95 1.0</{0}Power></{0}SOPNode>"
)
SAT = "<{0}SatNode><{0}Saturation>1.3</{0}Saturation></{0}SatNode>"
LOOK = Cdl((1.2, 1.1, 0.9), (0.02, -0.01, 0.03), (1.1, 0.95, 1.0), 1.3)


def correction(prefix: str = "", namespace: str = "") -> str:
    inside = (SOP + SAT).format(prefix)
    return f'<{prefix}ColorCorrection id="s1"{namespace}>{inside}</{prefix}ColorCorrection>'


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
        ("LUT_3D_SIZE 130\n", "'130' is not a whole number from 2 to 129"),
        ("LUT_3D_SIZE 99999999999999\n", "not a whole number from 2 to 129"),
        ("LUT_1D_SIZE 1\n0 0 0\n", "from 2 to 65536"),
        ("DOMAIN_MAX 1 1\n" + CUBE, "line 1: DOMAIN_MAX takes 3 numbers"),
        ("LUT_IN_VIDEO_RANGE\n" + CUBE, "line 1: LUT_IN_VIDEO_RANGE is not read"),
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


@pytest.mark.parametrize("name", ["long.cube", "long.cc"])
def test_a_long_word_takes_no_time(name: str, tmp_path: Path) -> None:
    word = "1" * 200_000 + "x"
    content = f"LUT_3D_SIZE 2\n{word} 0 0\n" if name.endswith("cube") else correction().replace("1.2", word)
    (tmp_path / name).write_text(content)
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        load_grade(tmp_path / name)
    assert time.perf_counter() - start < 2 and len(str(caught.value)) < 500


def test_a_correction_has_its_own_numbers_and_the_others_do_not_matter(tmp_path: Path) -> None:
    vendor = "<vendor><Slope>9 9 9</Slope></vendor>"
    first = correction().replace("<SOPNode>", vendor + "<SOPNode>", 1)
    second = correction().replace("1.1 0.95 1.0", "0 0 0")
    (tmp_path / "two.ccc").write_text(f"<ColorCorrectionCollection>{first}{second}</ColorCorrectionCollection>")
    loaded = load_grade(tmp_path / "two.ccc")
    assert loaded.transform == LOOK and loaded.notes == ("the file holds 2 corrections; the first is used",)


@pytest.mark.parametrize("suffix", [".cube", ".cc", ".ccc", ".cdl"])
@pytest.mark.parametrize("other", ["there.cube", "missing.cube"])
def test_no_grade_file_leads_to_another_one(suffix: str, other: str, tmp_path: Path) -> None:
    """A file of OpenColorIO's own format names another one. That it exists or not makes no difference to what is said."""
    (tmp_path / "there.cube").write_text(CUBE)
    path = tmp_path / f"look{suffix}"
    reference = f'<Reference inBitDepth="32f" outBitDepth="32f" path="{tmp_path / other}"/>'
    path.write_text(f'<?xml version="1.0"?>\n<ProcessList id="a" version="2.0">{reference}</ProcessList>')
    with pytest.raises(InputError) as caught:
        load_grade(path)
    assert other not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        correction("cdl:", ' xmlns:cdl="urn:ASC:CDL:v1.01"').encode(),
        b"\xef\xbb\xbf" + correction().encode(),
        ('<?xml version="1.0" encoding="UTF-16"?>' + correction()).encode("utf-16"),
        f'<ColorDecisionList xmlns="urn:ASC:CDL:v1.01"><ColorDecision><MediaRef ref="http://x/y"/>{correction()}'
        "</ColorDecision></ColorDecisionList>".encode(),
        f"<ColorDecisionList><ColorCorrectionCollection>{correction()}</ColorCorrectionCollection><ColorDecision>"
        '<ColorCorrectionRef ref="s1"/></ColorDecision></ColorDecisionList>'.encode(),
    ],
    ids=["prefix", "mark", "UTF-16", "decision list", "collection and reference"],
)
def test_every_valid_cdl_is_read(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "look.cdl"
    path.write_bytes(content)
    assert load_grade(path).transform == LOOK


def test_what_a_correction_leaves_out_is_neutral(tmp_path: Path) -> None:
    path = tmp_path / "sat.cc"
    path.write_text(f"<ColorCorrection>{SAT.format('')}</ColorCorrection>")
    assert load_grade(path).transform == Cdl(saturation=1.3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + correction(), "declares a document type"),
        (correction().replace("1.2 1.1", "1,2 1,1"), "Slope '1,2 1,1 0.9' is not 3 numbers"),
        (correction().replace("1.3", ""), "Saturation '' is not 1 number"),
        (correction().replace("1.2 1.1", "1e999 1.1"), "Slope"),
        ("<html/>", "its root is 'html'"),
        ('<?xml version="1.0" encoding="klingon"?>' + correction(), "encoding"),
    ],
)
def test_a_cdl_that_is_none_is_refused(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.cc"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        load_grade(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_of_endless_size_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_text, "LARGEST_CUBE", 1 << 20)
    path = tmp_path / "large.cube"
    path.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(InputError, match="more than 1 MiB"):
        load_grade(path)
