"""A grade file format that is added to the registry is known everywhere: no other module lists formats of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from reswd_torch import Cdl, Grade, Lut3D, MatchSettings, load_grade
from reswd_torch.errors import InputError
from reswd_torch.grade import formats
from reswd_torch.grade.constants import Triple
from reswd_torch.grade.files import write_text_atomically
from reswd_torch.grade.formats import GradeFormat
from reswd_torch.grade.lut3d import lattice_of
from studio.jobs import SERIES, Outputs
from studio.references import PictureReference
from studio.service import deliver, job_for
from studio.service.apply import load_any_grade
from studio.service.batch.here import PreparedBatch
from studio.service.delivery import deliver_into
from tests.studio.conftest import write
from tests.studio.jobs_for_tests import batch_job

LOOK = Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1), 1.4)
LATTICE = Lut3D.sample(lambda colours: colours**1.2, 17)
TEN = MatchSettings(transform="cdl")
"""A grade that every format holds."""


def read_numbers(path: Path) -> tuple[Cdl, tuple[str, ...]]:
    """Ten numbers in a row."""
    try:
        n = [float(word) for word in path.read_text().split()[:10]]
    except ValueError as error:
        raise InputError(f"holds no numbers ({error})") from error
    rows: list[Triple] = [(n[0], n[1], n[2]), (n[3], n[4], n[5]), (n[6], n[7], n[8])]
    return Cdl(*rows, n[9]), ("read as a toy",)


def write_numbers(path: Path, transform: Cdl | Lut3D, *, description: str, encoding: str, cube_size: int) -> None:
    assert isinstance(transform, Cdl)
    write_text_atomically(path, " ".join(str(float(number)) for number in transform.vector()))


def read_lattice(path: Path) -> tuple[Lut3D, tuple[str, ...]]:
    return Lut3D(torch.tensor(json.loads(path.read_text()))), ("read as a toy",)


def write_lattice(path: Path, transform: Cdl | Lut3D, *, description: str, encoding: str, cube_size: int) -> None:
    write_text_atomically(path, json.dumps(lattice_of(transform, cube_size).values.tolist()))


TOYS = {
    "numbers": GradeFormat(
        ".toy", "Toy", "toys", holds_lattice=False, read=read_numbers, write=write_numbers, for_series=True
    ),
    "lattice": GradeFormat(
        ".toy", "Toy", "toys", holds_lattice=True, read=read_lattice, write=write_lattice, for_series=True
    ),
}


@pytest.fixture(params=TOYS)
def toy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> GradeFormat:
    """The toy format: the last one of the registry."""
    added: GradeFormat = TOYS[request.param]
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, added))
    return added


def test_the_formats_and_their_order() -> None:
    lattices = [".cube", ".clf", ".ctf", ".3dl", ".spi3d", ".hald.png", ".icc"]
    assert formats.grade_suffixes() == (".cc", ".ccc", ".cdl", *lattices)
    assert [one.suffix for one in formats.formats_for(is_cdl=True)] == [*lattices, ".cc", ".ccc", ".cdl"]
    assert [one.suffix for one in formats.formats_for(is_cdl=False)] == lattices
    assert [one.suffix for one in formats.FORMATS if one.everyday] == [".cc", ".ccc", ".cdl", ".cube"]
    assert formats.series_suffixes(is_cdl=True) == (".cube", ".cc")
    assert formats.series_suffixes(is_cdl=False) == (".cube",)
    assert formats.in_words(formats.cdl_suffixes()) == ".cc, .ccc or .cdl"
    assert formats.in_words(formats.lattice_suffixes()) == ".cube, .clf, .ctf, .3dl, .spi3d, .hald.png or .icc"


def test_it_is_saved_and_loaded(toy: GradeFormat, tmp_path: Path) -> None:
    colours = torch.rand(100, 3, generator=torch.Generator().manual_seed(0))
    grades = [Grade(LOOK, strength=0.5), *([Grade(LATTICE)] if toy.holds_lattice else [])]
    for grade in grades:
        loaded = load_any_grade(grade.save(tmp_path / "look.TOY", cube_size=17))
        assert loaded.notes == ("read as a toy",)
        kept = Grade(grade.lattice(17)) if toy.holds_lattice else grade
        torch.testing.assert_close(loaded.apply(colours), kept.apply(colours), atol=1e-5, rtol=0)
    with pytest.raises(InputError, match=r"give one of \.cc, \.ccc, \.cdl, \.cube, \.toy, \.clf"):
        load_grade(tmp_path / "look.xyz")


@pytest.mark.parametrize("toy", ["numbers"], indirect=True)
def test_a_lattice_is_refused_where_it_holds_ten_numbers_only(
    toy: GradeFormat, tmp_path: Path, shots: Path, warm: Path
) -> None:
    with pytest.raises(InputError, match="ten CDL numbers cannot hold it"):
        Grade(LATTICE).save(tmp_path / "look.toy")
    with pytest.raises(InputError, match=r"ten CDL numbers \(\.toy\)"):
        batch_job(shots, tmp_path / "out", warm, grade_files=".toy", settings=MatchSettings(transform="lut"))
    (tmp_path / "words.toy").write_text("these are words")
    with pytest.raises(InputError, match=r"words\.toy: holds no numbers"):
        load_grade(tmp_path / "words.toy")


def test_a_batch_saves_it_beside_every_result(toy: GradeFormat, shots: Path, warm: Path, tmp_path: Path) -> None:
    assert PreparedBatch(batch_job(shots, tmp_path / "out", warm, grade_files=".toy")).run(jobs=1, in_process=True).done
    assert load_grade(tmp_path / "out" / "b.png.toy").notes == ("read as a toy",)


def test_a_series_is_saved_in_it(toy: GradeFormat, shots: Path, warm: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert PreparedBatch(batch_job(shots, out, warm, mode=SERIES, settings=TEN)).run(jobs=1, in_process=True).done
    assert {path.suffix for path in out.glob("series.*")} == {".cube", ".cc", ".toy"}


def test_it_is_delivered(toy: GradeFormat, warm: Path, tmp_path: Path) -> None:
    job = job_for(write(tmp_path / "picture.png", 1), PictureReference(warm), settings=TEN)
    role = "cube" if toy.holds_lattice else "cdl"
    grades = {"cube": tmp_path / "look.cube", "cdl": tmp_path / "look.cc"} | {role: tmp_path / "look.toy"}
    done = deliver(job, Outputs(tmp_path / "out.png", **grades))
    assert done.written[role] == tmp_path / "look.toy"
    assert load_grade(tmp_path / "look.toy").notes == ("read as a toy",)
    (tmp_path / "all").mkdir()
    written = deliver_into(job, tmp_path / "all").written
    order = [".cube", ".toy", ".cc", ".ccc", ".cdl"] if toy.holds_lattice else [".cube", ".cc", ".ccc", ".cdl", ".toy"]
    assert [role for role in written if role.startswith(".")] == order
    assert written[".toy"].is_file()
