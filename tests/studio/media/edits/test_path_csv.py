"""Key frames as CSV."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl
from reswd_torch.paths import GradePath, KeyFrame
from reswd_torch.paths.path import cdl_of
from studio.media.edits.path_csv import COLUMNS, read_path, write_path


def some_path() -> GradePath:
    random = np.random.default_rng(0)
    keys = [
        KeyFrame(frame, cdl_of(np.concatenate((random.normal(0, 0.3, 9), [random.uniform(0.5, 1.5)]))))
        for frame in (0, 7, 20, 31)
    ]
    return GradePath((tuple(keys[:2]), tuple(keys[2:])))


def test_what_is_written_is_read_to_the_last_bit(tmp_path: Path) -> None:
    write_path(tmp_path / "a.csv", some_path(), lambda frame: frame / 25)
    assert read_path(tmp_path / "a.csv") == some_path()
    lines = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["1", "0", "0.000000"], ["1", "7", "0.280000"], ["2", "20", "0.800000"], ["2", "31", "1.240000"]
    ]  # fmt: skip


def test_a_table_that_a_spreadsheet_saved_again_is_read(tmp_path: Path) -> None:
    numbers = ["1", "1", "1", "0", "0", "0", "1", "1", "1", "0.5"]
    text = "\ufeff" + "\r\n".join([",".join(COLUMNS), ",".join(["1", "4", "", *numbers]), ""])
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert read_path(tmp_path / "a.csv").keys == (KeyFrame(4, Cdl(saturation=0.5)),)


ROW = "1,0,0.0,1,1,1,0,0,0,1,1,1,1"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "needs a key frame"),
        ([ROW[:-2]], "line 2 is no key frame: 12 values instead of 13"),
        ([ROW.replace("0.0,1", "0.0,one")], "line 2 is no key frame"),
        ([ROW.replace("0.0,1", "0.0,nan")], "line 2 is no key frame"),
        ([ROW, ROW], "key frame 0 comes behind 0"),
        ([ROW.replace("1,0,", "2,0,", 1), ROW.replace("1,0,", "1,9,", 1)], "segment 1 comes behind segment 2"),
        ([ROW.replace("0.0,1", "0.0,0")], "slopes above 0"),
    ],
)
def test_damage_is_one_line_with_its_place(rows: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n".join([",".join(COLUMNS), *rows]), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_path(tmp_path / "a.csv")
    assert said in str(raised.value)
    assert str(tmp_path / "a.csv") in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["", "hello\n", "\0\0\0", '"unclosed'])
def test_another_file_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.csv"):
        read_path(tmp_path / "a.csv")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv"):
        read_path(tmp_path / "none.csv")
