"""Grade files: everything we write opens in OpenColorIO and means the same there; everything foreign is read or refused."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import PyOpenColorIO as ocio
import pytest
import torch

from reswd_torch import Cdl, Grade, InputError, Lut3D, load_grade, match, written
from reswd_torch.grade import files
from reswd_torch.grade.lut3d import identity_lattice
from tests.conftest import asset, benchmark_pairs

LOOK = Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1), 1.4)
CDL_SUFFIXES = [".cc", ".ccc", ".cdl"]


def some_colours(count: int = 500) -> np.ndarray:
    return np.random.default_rng(0).random((count, 3)).astype(np.float32)


def by_opencolorio(path: Path, colours: np.ndarray) -> np.ndarray:
    """The file as any program on OpenColorIO sees it."""
    ocio.ClearAllCaches()
    transform = ocio.FileTransform(src=str(path), interpolation=ocio.INTERP_TETRAHEDRAL)
    transform.setCDLStyle(ocio.CDL_ASC)
    out = colours.astype(np.float32).copy()
    processor = ocio.Config.CreateRaw().getProcessor(transform)
    processor.getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS).applyRGB(out)
    return out


def bent_lut(size: int = 17) -> Lut3D:
    return Lut3D.sample(
        lambda c: torch.stack((c[:, 0] ** 0.8, c[:, 1] * 0.9 + 0.05 * c[:, 2], c[:, 2] ** 1.3), 1), size
    )


@pytest.mark.parametrize("suffix", CDL_SUFFIXES)
@pytest.mark.parametrize("strength", [0.0, 0.6, 1.0, 1.5])
def test_cdl_files_mean_the_same_in_opencolorio(suffix: str, strength: float, tmp_path: Path) -> None:
    grade, colours = Grade(LOOK, strength=strength), some_colours()
    path = grade.save(tmp_path / f"look{suffix}")
    np.testing.assert_allclose(by_opencolorio(path, colours), grade.apply(colours), atol=1e-5, rtol=0)


@pytest.mark.parametrize("suffix", CDL_SUFFIXES)
def test_cdl_files_read_back(suffix: str, tmp_path: Path) -> None:
    loaded = load_grade(Grade(LOOK).save(tmp_path / f"look{suffix.upper()}"))
    assert isinstance(loaded.transform, Cdl)
    torch.testing.assert_close(loaded.transform.vector(), LOOK.vector(), atol=1e-6, rtol=0)
    assert loaded.notes == ()
    assert loaded.report is None


@pytest.mark.parametrize("suffix", CDL_SUFFIXES)
def test_cdl_files_say_what_they_are_for(suffix: str, tmp_path: Path) -> None:
    """Any XML parser finds the words; file names with markup in them included, once escaped."""
    words = "me & <you>, \"2\" 'x'.jpg"
    path = Grade(LOOK, encoding="Display P3").save(tmp_path / f"look{suffix}", description=words)
    tree = ElementTree.parse(path)
    found = {element.tag.split("}")[-1]: element.text for element in tree.iter()}
    assert found["Description"] == words
    assert found["InputDescription"] == found["ViewingDescription"] == "Display P3"
    namespaces = {element.tag.split("}")[0] for element in tree.iter() if "}" in element.tag}
    assert namespaces <= {"{urn:ASC:CDL:v1.01"}


@pytest.mark.parametrize("suffix", [*CDL_SUFFIXES, ".cube"])
def test_file_names_of_other_encodings_do_not_stop_a_save(suffix: str, tmp_path: Path) -> None:
    path = Grade(LOOK).save(tmp_path / f"look{suffix}", description="caf\udce9\n\x01.jpg ü")
    assert "caf? .jpg ü" in path.read_text(encoding="utf-8")
    by_opencolorio(path, some_colours(2))


@pytest.mark.parametrize("size", [17, 33, 65])
@pytest.mark.parametrize("grade", [Grade(LOOK), Grade(LOOK, strength=0.5), Grade(bent_lut()), Grade(bent_lut(), 2.0)])
def test_cube_equals_the_grade_at_every_lattice_point(grade: Grade, size: int, tmp_path: Path) -> None:
    path = grade.save(tmp_path / "look.cube", cube_size=size)
    lattice = identity_lattice(size).reshape(-1, 3).numpy()
    np.testing.assert_allclose(by_opencolorio(path, lattice), grade.apply(lattice), atol=1e-6, rtol=0)
    loaded = load_grade(path)
    assert isinstance(loaded.transform, Lut3D)
    assert loaded.transform.size == size
    np.testing.assert_allclose(loaded.apply(lattice), grade.apply(lattice), atol=1e-6, rtol=0)


def test_cube_comments_name_the_encoding(tmp_path: Path) -> None:
    text = Grade(LOOK, encoding="Adobe RGB").save(tmp_path / "look.cube", cube_size=17).read_text()
    assert "Adobe RGB" in text
    assert "LUT_3D_SIZE 17" in text


@pytest.mark.parametrize("pair", benchmark_pairs(), ids="-".join)
def test_cube_between_its_points_on_the_benchmark(pair: tuple[str, str], tmp_path: Path) -> None:
    """33 points: mean at most 0.1/255, max at most 4/255 from the grade, as OpenColorIO reads the file."""
    grade = match(asset(pair[0]), asset(pair[1]))
    path = grade.save(tmp_path / "look.cube", cube_size=33)
    colours = np.concatenate([some_colours(40000), identity_lattice(65)[1::2, ::2, 1::2].reshape(-1, 3).numpy()])
    difference = np.abs(by_opencolorio(path, colours) - grade.apply(colours))
    assert difference.mean() <= 0.1 / 255
    assert difference.max() <= 4 / 255
    error = grade.cube_error(33)
    assert error.mean <= 0.1 / 255
    assert difference.max() <= error.max + 2e-4  # the figure that people are shown is not an understatement
    assert error.max <= 4 / 255


def test_cube_error_is_zero_where_the_cube_holds_every_point() -> None:
    error = Grade(bent_lut(17)).cube_error(17)
    assert error.size == 17
    assert error.max < 1e-6


def test_a_file_saved_again_is_read_again(tmp_path: Path) -> None:
    """OpenColorIO keeps files by name; a second save under the same name must not give back the first."""
    for name in ("look.cc", "look.cube"):
        for slope in (0.5, 0.9):
            path = Grade(Cdl((slope, slope, slope))).save(tmp_path / name, cube_size=17)
            graded = load_grade(path).apply(np.full((1, 3), 1.0, np.float32))
            np.testing.assert_allclose(graded, slope, atol=1e-6)


def test_ccc_with_several_corrections_uses_the_first_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "shots.ccc"
    shots = "".join(
        f'<ColorCorrection id="{name}"><SOPNode><Slope>{slope} 1 1</Slope><Offset>0 0 0</Offset><Power>1 1 1</Power>'
        "</SOPNode></ColorCorrection>"
        for name, slope in (("zebra", 0.5), ("ant", 0.75))
    )
    path.write_text(
        f'<ColorCorrectionCollection xmlns="urn:ASC:CDL:v1.2">{shots}</ColorCorrectionCollection>', encoding="utf-8"
    )
    loaded = load_grade(path)
    assert loaded.transform == Cdl((0.5, 1.0, 1.0))
    assert loaded.notes == ("the file holds 2 corrections; the first is used",)


def foreign_cube(path: Path, head: str, rows: list[str]) -> Path:
    path.write_text(head + "\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def cube_rows(function, size: int = 2) -> list[str]:
    """Red fastest, as the format says."""
    values = [function(r, g, b) for b in range(size) for g in range(size) for r in range(size)]
    return [" ".join(f"{v:.6f}" for v in value) for value in values]


def test_foreign_one_dimensional_cube(tmp_path: Path) -> None:
    curve = np.linspace(0, 1, 64) ** 2
    path = foreign_cube(tmp_path / "curve.cube", "LUT_1D_SIZE 64", [f"{v:.6f} {v / 2:.6f} {v:.6f}" for v in curve])
    loaded = load_grade(path)
    colours = some_colours(100)
    expected = colours**2 * np.array([1, 0.5, 1], np.float32)
    np.testing.assert_allclose(loaded.apply(colours), expected, atol=1e-3)
    np.testing.assert_allclose(loaded.apply(colours), by_opencolorio(path, colours), atol=1e-6)
    assert loaded.notes == () and loaded.transform.kind() == "1-D LUT, 64 entries"


def test_foreign_cube_of_another_domain(tmp_path: Path) -> None:
    """Input 0..2 onto 0..1: the part of it over 0..1 halves every colour."""
    head = 'TITLE "half"\nLUT_3D_SIZE 2\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 2 2 2'
    loaded = load_grade(foreign_cube(tmp_path / "half.cube", head, cube_rows(lambda r, g, b: (r, g, b))))
    colours = some_colours(100)
    np.testing.assert_allclose(loaded.apply(colours), colours / 2, atol=1e-5)
    assert loaded.notes == ()


def test_foreign_cube_with_a_shaper(tmp_path: Path) -> None:
    """Resolve's layout: a 1-D curve in front of the lattice."""
    curve = [f"{v:.6f} {v:.6f} {v:.6f}" for v in np.linspace(0, 1, 256) ** 0.5]
    rows = curve + cube_rows(lambda r, g, b: (r, g, b))
    loaded = load_grade(foreign_cube(tmp_path / "shaper.cube", "LUT_1D_SIZE 256\nLUT_3D_SIZE 2", rows))
    colours = some_colours(100) * 0.8 + 0.1
    np.testing.assert_allclose(loaded.apply(colours), colours**0.5, atol=2e-3)
    assert loaded.notes == ()


def test_foreign_cube_red_changes_fastest(tmp_path: Path) -> None:
    rows = cube_rows(lambda r, g, b: (r * 0.5, g * 0.25, b))
    loaded = load_grade(foreign_cube(tmp_path / "axes.cube", "LUT_3D_SIZE 2", rows))
    assert loaded.notes == ()
    colours = some_colours(50)
    np.testing.assert_allclose(loaded.apply(colours), colours * np.array([0.5, 0.25, 1], np.float32), atol=1e-6)


def test_foreign_cube_with_values_outside_stays_in_range(tmp_path: Path) -> None:
    rows = cube_rows(lambda r, g, b: (2 * r - 0.5, g, b))
    loaded = load_grade(foreign_cube(tmp_path / "wild.cube", "LUT_3D_SIZE 2", rows))
    graded = loaded.apply(some_colours())
    np.testing.assert_allclose(graded, (some_colours() * [2, 1, 1] - [0.5, 0, 0]).clip(0, 1), atol=1e-6)
    assert "outside 0..1" in loaded.notes[0]


DAMAGED = {
    "empty.cube": "",
    "words.cube": "this is not a cube\n",
    "short.cube": "LUT_3D_SIZE 2\n0 0 0\n1 0 0\n",
    "nan.cube": "LUT_3D_SIZE 2\n" + "nan 0 0\n" * 8,
    "size.cube": "LUT_3D_SIZE 100000\n0 0 0\n",
    "bytes.cube": "\x00\x01\x02" * 40,
    "empty.cc": "",
    "open.cc": '<ColorCorrection id="a"><SOPNode>',
    "negative.cc": '<ColorCorrection id="a"><SOPNode><Slope>-1 1 1</Slope><Offset>0 0 0</Offset><Power>1 1 1</Power>'
    "</SOPNode></ColorCorrection>",
    "power.cc": '<ColorCorrection id="a"><SOPNode><Slope>1 1 1</Slope><Offset>0 0 0</Offset><Power>0 1 1</Power>'
    "</SOPNode></ColorCorrection>",
    "none.ccc": '<ColorCorrectionCollection xmlns="urn:ASC:CDL:v1.2"></ColorCorrectionCollection>',
    "page.cdl": "<html></html>",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_refused_by_name_in_one_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(DAMAGED[name], encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_grade(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [("missing.cube", "no such file"), ("look.xmp", "not a grade file"), ("look", "not a grade file")],
)
def test_files_of_other_kinds(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{name}.*{said}"):
        load_grade(tmp_path / name)
    (tmp_path / "folder.cube").mkdir()
    with pytest.raises(InputError, match=r"folder\.cube"):
        load_grade(tmp_path / "folder.cube")


@pytest.mark.parametrize("odd", ["blue sky.cc", "größe.cube", "100%.cube", "a$HOME.cube", "a%x%b.cc", "[1].cube"])
def test_odd_file_names(odd: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Grade(LOOK).save(tmp_path / odd, cube_size=17)
    colours = identity_lattice(17).reshape(-1, 3).numpy()
    np.testing.assert_allclose(load_grade(path).apply(colours), Grade(LOOK).apply(colours), atol=1e-5)
    monkeypatch.chdir(tmp_path)
    np.testing.assert_allclose(load_grade(odd).apply(colours), Grade(LOOK).apply(colours), atol=1e-5)


@pytest.mark.parametrize("name", ["look.cc", "look.cube"])
def test_a_place_that_cannot_be_written(name: str, tmp_path: Path) -> None:
    place = tmp_path / "missing" / name
    with pytest.raises(InputError, match="missing") as caught:
        Grade(LOOK).save(place)
    assert str(place) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_save_keeps_the_old_file_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "look.cc"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(written.os, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        Grade(LOOK).save(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["look.cc"]


def test_saved_files_have_the_usual_permissions(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("")
    saved = Grade(LOOK).save(tmp_path / "look.cc")
    assert saved.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize(
    ("grade", "name", "size", "said"),
    [
        (Grade(LOOK), "look.xml", 33, "saved as .cc, .ccc, .cdl, .cube"),
        (Grade(LOOK), "look", 33, "no suffix"),
        (Grade(LOOK), "look.cube", 20, "cube size 20"),
        (Grade(bent_lut()), "look.cc", 33, "transform cdl"),
        (Grade(bent_lut()), "look.cdl", 33, "save it as .cube"),
    ],
)
def test_saves_refused_before_anything_is_written(
    grade: Grade, name: str, size: int, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        grade.save(tmp_path / name, cube_size=size)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_saving_from_many_threads_leaves_the_umask_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda i: files.write_text_atomically(tmp_path / f"{i}.txt", "x"), range(200)))
        assert os.umask(0o022) == 0o022
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o644}
    finally:
        os.umask(before)


@pytest.mark.parametrize(
    "head", [b'TITLE "x"\nLUT_3D_INPUT_RANGE 0.0 1.0\n', b"\xef\xbb\xbf", b'\xef\xbb\xbfTITLE "x"\r\n']
)
def test_cubes_with_a_title_a_range_or_a_byte_order_mark_are_read(tmp_path: Path, head: bytes) -> None:
    lut = bent_lut(5)
    Grade(lut).save(tmp_path / "plain.cube", cube_size=17)
    (tmp_path / "other.cube").write_bytes(head + (tmp_path / "plain.cube").read_bytes())
    read = load_grade(tmp_path / "other.cube").transform
    assert isinstance(read, Lut3D)
    assert torch.allclose(read.values, lut.resampled(17).values, atol=1e-6)


def test_a_refused_cube_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "short.cube").write_text("LUT_3D_SIZE 2\n0 0 0\n1 0 0\n")
    with pytest.raises(InputError, match=r"short\.cube.*Found 2, expected 8"):
        load_grade(tmp_path / "short.cube")
