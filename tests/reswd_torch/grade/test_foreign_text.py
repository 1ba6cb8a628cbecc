"""Grade files from elsewhere: odd but valid ones are read, hostile and broken ones are one line, and none leads out of itself."""

from __future__ import annotations

import time
from pathlib import Path

import PyOpenColorIO as ocio
import pytest

from reswd_torch import Cdl, InputError, load_grade

CUBE = "LUT_3D_SIZE 2\n0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n"
SOP = (
    "<{0}SOPNode><{0}Slope>1.2 1.1 0.9</{0}Slope><{0}Offset>0.02 -0.01 0.03</{0}Offset>"
    "<{0}Power>1.1 0.95 1.0</{0}Power></{0}SOPNode>"
)
SAT = "<{0}SatNode><{0}Saturation>1.3</{0}Saturation></{0}SatNode>"
LOOK = Cdl((1.2, 1.1, 0.9), (0.02, -0.01, 0.03), (1.1, 0.95, 1.0), 1.3)


def correction(prefix: str = "", namespace: str = "") -> str:
    inside = (SOP + SAT).format(prefix)
    return f'<{prefix}ColorCorrection id="s1"{namespace}>{inside}</{prefix}ColorCorrection>'


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
        ('<?xml version="1.0" encoding="utf-16"?>' + correction()).encode(),
        ('<?xml version="1.0" encoding="UTF-8"?>' + correction()).encode("utf-16"),
        ('<?xml version="1.0" encoding="Shift_JIS"?>\n<!-- 日本 -->' + correction()).encode("shift_jis"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?>\n<!-- é -->' + correction()).encode("latin-1"),
        ('<?xml version="1.0" encoding="UTF-8"?>\n<!-- é -->' + correction()).encode("latin-1"),
        ('\n  <?xml version="1.1"?>' + correction() + "\0\0\x1a").encode(),
        correction().replace("1.2 1.1", "<![CDATA[1.2]]>\r\n<!-- green -->1.1").encode(),
    ],
    ids=[
        "prefix", "mark", "UTF-16", "decision list", "collection and reference", "called UTF-16", "called UTF-8",
        "Shift JIS", "Latin-1", "called UTF-8, Latin-1", "blanks and NUL", "CDATA",
    ],
)  # fmt: skip
def test_every_valid_cdl_is_read(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "look.cdl"
    path.write_bytes(content)
    assert load_grade(path).transform == LOOK


def test_of_two_slopes_the_last_counts(tmp_path: Path) -> None:
    """No valid file has two; OpenColorIO has the last."""
    content = correction().replace("<SOPNode>", "<SOPNode><Slope>9 9 9</Slope>")
    (tmp_path / "two.cc").write_text(content)
    assert load_grade(tmp_path / "two.cc").transform == LOOK
    transform = ocio.CDLTransform.CreateFromFile(str(tmp_path / "two.cc"), "")
    assert tuple(transform.getSlope()) == pytest.approx(LOOK.slope)


@pytest.mark.parametrize("encoding", ["punycode", "idna", "zlib", "no such"])
def test_only_encodings_of_texts_are_decoded(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.cc"
    path.write_text(f'<?xml version="1.0" encoding="{encoding}"?>{"x-" * 200_000}')
    start = time.perf_counter()
    with pytest.raises(InputError, match="not a readable CDL"):
        load_grade(path)
    assert time.perf_counter() - start < 2


def test_numbers_that_no_picture_can_be_graded_with_are_refused(tmp_path: Path) -> None:
    (tmp_path / "large.cc").write_text(correction().replace("1.2", "1e300"))
    with pytest.raises(InputError, match=r"large\.cc.*ten finite numbers"):
        load_grade(tmp_path / "large.cc")


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
