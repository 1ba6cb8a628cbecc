"""report.csv: rows as they come, rows in order, and reports that were cut short or written before."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.records.report import COLUMNS, DONE, FAILED, REPORT_FILE, WAITING, Report, Row, read_report, rows_text
from tests.studio.batches_for_tests import rows
from tests.studio.records import version_1

ROWS = [
    Row("b.jpg", DONE, "0.120", "slope 1 1 1", "20.1", "3.2", "same", "12", "0.800", "scene", "cdl", "", "0123"),
    Row('a, "b"\nc.jpg', FAILED, message="the file is empty"),
    Row("ü 日本 \udce9.jpg", DONE, scene="different", points="0", trust="0.000", state="4567"),
]


def test_rows_of_any_name_come_back(tmp_path: Path) -> None:
    place = tmp_path / REPORT_FILE
    place.write_bytes(rows_text(ROWS, header=True).encode("utf-8", "surrogateescape"))
    assert list(read_report(place).values()) == ROWS
    assert read_report(tmp_path / "none.csv") == {}


FORMULAS = [
    "=1+1.jpg",
    "+1.jpg",
    "-2+3.jpg",
    "@SUM(A1).jpg",
    "\tx.jpg",
    "\rx.jpg",
    "\nx.jpg",
    "＝1.jpg",
    "'=1.jpg",
    "''@.jpg",
]
PLAIN = ["a=b.jpg", "'quoted'.jpg", "' =1.jpg", "", "'", "1-2.jpg"]


def test_no_cell_is_a_formula_and_numbers_are_numbers(tmp_path: Path) -> None:
    """OWASP, CSV Injection: no cell begins with = + - @, a tab or a line break. Each name comes back as it was."""
    place = tmp_path / REPORT_FILE
    made = [Row(name, DONE, "-0.5", distance_after="+1e3", message=name) for name in (*FORMULAS, *PLAIN)]
    place.write_bytes(rows_text(made, header=True).encode())
    assert list(read_report(place).values()) == made
    with place.open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    for row, name in zip(found, (*FORMULAS, *PLAIN), strict=True):
        assert row["file"] == row["message"] == (name if name in PLAIN else f"'{name}")
        assert not row["file"].startswith(tuple("=+-@\t\r\n＝"))
        assert (float(row["seconds"]), float(row["distance_after"])) == (-0.5, 1000)


@pytest.mark.parametrize("odd", [b"file,status\r\n" + b"x" * 200_000 + b"\r\n", b"a\rb,c\r\n", b"\0\xff\r\n"])
def test_a_file_that_csv_does_not_read_is_no_report(odd: bytes, tmp_path: Path) -> None:
    (tmp_path / REPORT_FILE).write_bytes(odd)
    with pytest.raises(InputError, match=r"report\.csv: this is not a report of a batch run"):
        read_report(tmp_path / REPORT_FILE)


def test_a_row_is_on_the_disk_as_soon_as_it_is_there(tmp_path: Path) -> None:
    place = tmp_path / REPORT_FILE
    report = Report(place, {})
    with report.open():
        for number, row in enumerate(ROWS, 1):
            report.add(row)
            assert list(read_report(place).values()) == ROWS[:number]
    report.rewrite([ROWS[1].file, "z.jpg", ROWS[0].file])
    assert [row.file for row in read_report(place).values()] == [ROWS[1].file, "z.jpg", ROWS[0].file]
    assert read_report(place)["z.jpg"] == Row("z.jpg", WAITING)
    assert [path.name for path in tmp_path.iterdir()] == [REPORT_FILE]


def test_the_last_row_of_a_picture_counts_and_half_a_row_does_not(tmp_path: Path) -> None:
    place = tmp_path / REPORT_FILE
    again = Row("b.jpg", FAILED, message="gone")
    text = rows_text([*ROWS, again], header=True).encode("utf-8", "surrogateescape")
    for cut in range(1, len(rows_text([again]))):
        place.write_bytes(text[:-cut])
        assert read_report(place)["b.jpg"] == ROWS[0]
    place.write_bytes(text)
    assert read_report(place)["b.jpg"] == again


BEFORE_STRENGTHS = ("strength",)
BEFORE_AIMS = ("took", "transform", *BEFORE_STRENGTHS)
BEFORE_SCENES = ("scene", "points", "trust", *BEFORE_AIMS)


@pytest.mark.parametrize("unknown", [BEFORE_STRENGTHS, BEFORE_AIMS, BEFORE_SCENES], ids=["strengths", "aims", "scenes"])
def test_reports_from_before_are_read(unknown: tuple[str, ...], tmp_path: Path) -> None:
    place = tmp_path / REPORT_FILE
    columns = [name for name in COLUMNS if name not in unknown]
    row = {"file": "b.jpg", "status": DONE, "seconds": "0.1", "grade": "slope 1 1 1", "distance_before": "20.1"}
    row |= {"distance_after": "3.2", "scene": "same", "points": "12", "trust": "0.800", "state": "0123"}
    row = {name: value for name, value in row.items() if name not in unknown}
    with place.open("w", newline="", encoding="utf-8") as file:
        old = csv.DictWriter(file, columns)
        old.writeheader()
        old.writerow(row)
    assert read_report(place) == {"b.jpg": Row(**row)}


def test_the_report_of_a_killed_run_of_version_1_is_read(tmp_path: Path) -> None:
    version_1.write_pictures(tmp_path)
    version_1.write_killed_run(tmp_path, tmp_path / "out", results=tmp_path / "shots")
    found = read_report(tmp_path / "out" / REPORT_FILE)
    assert [(row.file, row.status, row.scene) for row in found.values()] == [
        ("b.png", "done", "different"),
        ("a.png", "done", "different"),
    ]
    assert list(found) == [row["file"] for row in rows(tmp_path / "out")][:2]


@pytest.mark.parametrize("text", ["mine", "mine\r\n", "file,status\r\na.jpg,done\r\n"])
def test_what_is_no_report_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / REPORT_FILE).write_text(text, newline="")
    with pytest.raises(InputError, match=r"report\.csv: this is not a report of a batch run"):
        read_report(tmp_path / REPORT_FILE)
