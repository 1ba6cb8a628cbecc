"""Avid's tables of shots are read by their columns, and written as they were, with ten numbers in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from reswd_torch import Cdl
from reswd_torch.errors import InputError
from studio.media.edits.ale import read_ale

HEAD = "Heading\nFIELD_DELIM\tTABS\nVIDEO_FORMAT\t1080\nFPS\t24\n\n"
ALE = HEAD + (
    "Column\nName\tTracks\tStart\tEnd\tTape\tSource File\n\nData\n"
    "harbour\tV\t01:00:00:00\t01:00:01:00\tA001\tharbour.mov\n"
    "lagoon\tVA1\t00:00:00:10\t00:00:01:10\t\tD:\\rushes\\lagoon.mp4\n"
)
LOOK = Cdl((1.1, 1.0, 0.9), (0.01, 0.0, -0.02), (1.0, 1.2, 1.0), 0.85)


def written(folder: Path, text: str) -> Path:
    path = folder / "reel.ale"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_keep_all_they_have_and_gain_ten_numbers(end: str, tmp_path: Path) -> None:
    table = read_ale(written(tmp_path, ALE.replace("\n", end)))
    assert [each.names for each in table.events] == [
        ("harbour", "harbour.mov", "A001"),
        ("lagoon", "D:\\rushes\\lagoon.mp4"),
    ]
    assert (table.events[1].source_in, table.events[1].source_out) == ("00:00:00:10", "00:00:01:10")
    text = table.graded({1: LOOK})[".ale"]
    assert text.count(end) == text.count("\n") == ALE.count("\n")
    lines, before = text.split(end), ALE.split("\n")
    assert lines[:6] == before[:6], "the heading"
    assert lines[6].split("\t")[-2:] == ["ASC_SOP", "ASC_SAT"]
    assert lines[9] == before[9] + "\t\t"
    assert lines[10] == before[10] + (
        "\t(1.100000 1.000000 0.900000)(0.010000 0.000000 -0.020000)(1.000000 1.200000 1.000000)\t0.850000"
    )
    again = read_ale(written(tmp_path, text)).graded({0: LOOK, 1: Cdl()})[".ale"]
    assert again.split(end)[6] == lines[6], "columns that are there are not added again"
    assert again.split(end)[9].split("\t")[-2:] == lines[10].split("\t")[-2:]
    assert again.split(end)[10].endswith("\t1.000000")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense", "no Column and Data"),
        (HEAD + "Data\nColumn\n", "no Column and Data"),
        (ALE.replace("\t", ","), "divided by commas"),
        (ALE.split("harbour\t")[0], "no shot with a name"),
        (HEAD + "Column\nScene\n\nData\n12\n", "no shot with a name"),
    ],
)
def test_what_is_no_table_of_shots_is_refused_with_a_line(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=told) as refused:
        read_ale(written(tmp_path, text))
    assert "reel.ale" in str(refused.value) and "\n" not in str(refused.value)


def test_odd_characters_in_a_cell_end_no_row(tmp_path: Path) -> None:
    """A vertical tab, a separator of lines, and the ellipsis of Windows."""
    odd = ALE.replace("harbour.mov", "har\vbour\u2028.mov")
    for text in (odd.encode(), ALE.replace("harbour.mov", "harbour\x85.mov").encode("latin-1")):
        path = tmp_path / "reel.ale"
        path.write_bytes(text)
        table = read_ale(path)
        assert len(table.events) == 2
        graded = table.graded({0: LOOK})[".ale"]
        assert graded.count("\n") == ALE.count("\n") and graded.split("\n")[9].endswith("\t0.850000")
