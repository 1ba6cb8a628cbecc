"""The command line as a person meets it: every flag, every refusal, every note."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from reswd_torch import __version__, load_grade
from studio import cli
from studio.media.images import read_picture
from studio.media.images.picture import Container, Picture
from studio.media.images.write import write_picture
from tests.conftest import ROOT, digest, photograph
from tests.studio.jobs_for_tests import match_job
from tests.studio.media.images.profiles_for_tests import display_p3


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def reswd(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """``reswd`` with these arguments, in this process."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["reswd", *map(str, arguments)])
        capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = 0 if end.code is None else int(end.code)
        return Ran(code, *capsys.readouterr())

    return run


def eight_bits(seed: int = 1, height: int = 48, width: int = 64) -> np.ndarray:
    return np.rint(photograph(seed, height, width) * 255).astype(np.uint8)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with source.png and target.jpg in it."""
    Image.fromarray(eight_bits(1)).save(tmp_path / "source.png")
    Image.fromarray(eight_bits(2)).save(tmp_path / "target.jpg", quality=95)
    return tmp_path


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def assert_refused(ran: Ran, *said: object) -> None:
    """One line on stderr that quotes the input, exit code 2, no traceback."""
    assert ran.code == 2, ran
    assert ran.out == ""
    lines = ran.err.splitlines()
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("reswd: ")
    assert "Traceback" not in ran.err
    for words in said:
        assert str(words) in lines[0]


def test_match(reswd: Callable[..., Ran], place: Path) -> None:
    before = snapshot(place)
    ran = reswd("match", place / "source.png", place / "target.jpg", "-o", place / "out.png")
    assert ran.code == 0
    assert ran.err == ""
    assert "distance" in ran.out
    assert f"wrote {place / 'out.png'}" in ran.out
    after = snapshot(place)
    assert set(after) - set(before) == {"out.png"}
    assert {name: after[name] for name in before} == before  # sources untouched, byte for byte
    wanted, source, out = (read_picture(place / n).pixels.mean((0, 1)) for n in ("target.jpg", "source.png", "out.png"))
    assert np.abs(out - wanted).sum() < 0.5 * np.abs(source - wanted).sum()


def test_every_flag_of_match(reswd: Callable[..., Ran], place: Path) -> None:
    mask = np.zeros((48, 64), np.uint8)
    mask[:, 32:] = 255
    Image.fromarray(mask).save(place / "mask.png")
    ran = reswd(
        *("match", place / "source.png", place / "target.jpg", "-o", place / "out.tif", "--method", "mkl"),
        *("--transform", "cdl", "--strength", 0.7, "--mask", place / "mask.png", "--target-mask", place / "mask.png"),
        *("--seed", 3, "--device", "cpu", "--cdl", place / "look.ccc", "--cube", place / "look.cube"),
        *("--cube-size", 17, "--save-settings", place / "run.json", "--json"),
    )
    assert ran.code == 0, ran.err
    report = json.loads(ran.out)
    assert report["distance_after"] < report["distance_before"]
    assert report["device"] == "cpu"
    assert report["cube_error"]["size"] == 17
    assert report["grade"]["strength"] == 0.7
    assert set(report["written"]) == {"output", "cdl", "cube", "settings"}
    assert all(Path(path).is_file() for path in report["written"].values())
    out = read_picture(place / "out.tif").pixels
    assert np.array_equal(out[:, :32], eight_bits(1)[:, :32])
    assert not np.array_equal(out[:, 32:], eight_bits(1)[:, 32:])
    graded = load_grade(place / "look.ccc").apply(eight_bits(1)[:, 32:] / 255.0)
    assert np.abs(graded * 255 - out[:, 32:]).max() <= 1
    settings = json.loads((place / "run.json").read_text())
    assert (settings["settings"]["method"], settings["settings"]["seed"]) == ("mkl", 3)
    assert set(settings["inputs"]) == {"source", "target", "mask", "target_mask"}


def test_palette_in_place_of_a_target(reswd: Callable[..., Ran], place: Path) -> None:
    ran = reswd("match", place / "source.png", "--palette", "#d02020:2,#401010", "-o", place / "out.png")
    assert ran.code == 0
    red, green, _ = read_picture(place / "out.png").pixels.mean((0, 1))
    assert red > 2 * green


def test_strength_0_gives_the_source_back(reswd: Callable[..., Ran], place: Path) -> None:
    reswd("match", place / "source.png", place / "target.jpg", "-o", place / "out.png", "--strength", 0)
    assert np.array_equal(read_picture(place / "out.png").pixels, eight_bits(1))


@pytest.mark.parametrize("method", ["fast", "reswd", "reinhard", "mkl", "histogram"])
def test_a_run_from_its_settings_gives_the_same_bytes(reswd: Callable[..., Ran], place: Path, method: str) -> None:
    pair = ("match", place / "source.png", place / "target.jpg")
    reswd(*pair, "-o", place / "a.png", "--method", method, "--seed", 9, "--save-settings", place / "run.json")
    ran = reswd("match", place / "source.png", "--from-settings", place / "run.json", "-o", place / "b.png")
    assert ran.code == 0, ran.err
    assert digest(place / "a.png") == digest(place / "b.png")


def test_explicit_flags_win_over_the_settings(reswd: Callable[..., Ran], place: Path) -> None:
    Image.fromarray(eight_bits(3)).save(place / "other.png")
    pair = ("match", place / "source.png", place / "target.jpg")
    reswd(*pair, "-o", place / "a.png", "--method", "mkl", "--seed", 9, "--save-settings", place / "run.json")
    again = ("--from-settings", place / "run.json", "--save-settings", place / "new.json", "--overwrite")
    ran = reswd(*pair[:2], place / "other.png", *again, "-o", place / "b.png", "--method", "fast", "--strength", 0.5)
    assert ran.code == 0
    assert "target is not the file that the settings were saved with" in ran.err
    record = json.loads((place / "new.json").read_text())
    assert record["settings"] | {"method": "fast", "strength": 0.5, "seed": 9} == record["settings"]
    assert record["inputs"]["target"]["path"] == str(place / "other.png")
    ran = reswd(*pair[:2], "--palette", "#ff0000", *again, "-o", place / "c.png")
    assert ran.code == 0
    assert json.loads((place / "new.json").read_text())["palette"] == "#ff0000"


def test_settings_of_a_run_with_a_saved_grade(reswd: Callable[..., Ran], place: Path) -> None:
    from reswd_torch import Cdl, Grade
    from studio.service.match import run_match

    result = run_match(match_job(place / "source.png", grade=Grade(Cdl((0.5, 1.0, 1.0)))))
    (place / "run.json").write_text(result.settings_text())
    result.save_picture(place / "a.png")
    ran = reswd(
        *("match", place / "source.png", "--from-settings", place / "run.json", "-o", place / "b.png"),
        *("--cdl", place / "look.cc"),
    )
    assert ran.code == 0, ran.err
    assert digest(place / "a.png") == digest(place / "b.png")


REFUSALS: dict[str, tuple[Callable[[Path], list[object]], tuple[str, ...]]] = {
    "missing": (lambda p: [p / "nothing.png", p / "target.jpg"], ("nothing.png",)),
    "missing target": (lambda p: [p / "source.png", p / "nothing.jpg"], ("nothing.jpg",)),
    "empty": (lambda p: [p / "empty.png", p / "target.jpg"], ("empty.png", "empty")),
    "truncated JPEG": (lambda p: [p / "short.jpg", p / "target.jpg"], ("short.jpg", "cut short")),
    "truncated target": (lambda p: [p / "source.png", p / "short.jpg"], ("short.jpg", "cut short")),
    "not a picture": (lambda p: [p / "words.png", p / "target.jpg"], ("words.png",)),
    "directory": (lambda p: [p / "folder", p / "target.jpg"], ("folder", "this is a folder")),
    "directory as target": (lambda p: [p / "source.png", p / "folder"], ("folder",)),
    "black mask": (lambda p: [p / "source.png", p / "target.jpg", "--mask", p / "black.png"], ("black.png",)),
    "mask of another size": (lambda p: [p / "source.png", p / "target.jpg", "--mask", p / "small.png"], ("small.png",)),
    "target mask of another size": (
        lambda p: [p / "source.png", p / "target.jpg", "--target-mask", p / "small.png"],
        ("small.png", "3 x 2"),
    ),
    "missing mask": (lambda p: [p / "source.png", p / "target.jpg", "--mask", p / "none.png"], ("none.png",)),
    "method": (lambda p: [p / "source.png", p / "target.jpg", "--method", "best"], ("'best'", "fast")),
    "transform": (lambda p: [p / "source.png", p / "target.jpg", "--transform", "cube"], ("'cube'", "cdl")),
    "device": (lambda p: [p / "source.png", p / "target.jpg", "--device", "tpu"], ("'tpu'", "auto")),
    "absent device": (lambda p: [p / "source.png", p / "target.jpg", "--device", "mps"], ("'mps'", "not available")),
    "strength": (lambda p: [p / "source.png", p / "target.jpg", "--strength", "7"], ("7.0", "0 to 4")),
    "strength NaN": (lambda p: [p / "source.png", p / "target.jpg", "--strength", "nan"], ("nan", "0 to 4")),
    "seed": (lambda p: [p / "source.png", p / "target.jpg", "--seed", "-1"], ("-1",)),
    "palette": (lambda p: [p / "source.png", "--palette", "#12"], ("'#12'",)),
    "no reference": (lambda p: [p / "source.png"], ("no reference",)),
    "two references": (lambda p: [p / "source.png", p / "target.jpg", "--palette", "#fff"], ("more than one",)),
    "missing settings": (lambda p: [p / "source.png", "--from-settings", p / "no.json"], ("no.json",)),
    "settings that are none": (lambda p: [p / "source.png", "--from-settings", p / "words.png"], ("words.png",)),
    "cube size": (
        lambda p: [p / "source.png", p / "target.jpg", "--cube", p / "l.cube", "--cube-size", "20"],
        ("20", "33"),
    ),
    "cdl for a lattice": (
        lambda p: [p / "source.png", p / "target.jpg", "--transform", "lut", "--cdl", p / "look.cc"],
        ("look.cc", "--transform cdl"),
    ),
    "cdl for a closed form": (
        lambda p: [p / "source.png", p / "target.jpg", "--method", "mkl", "--cdl", p / "look.cdl"],
        ("look.cdl", "--transform cdl"),
    ),
    "cdl of another suffix": (
        lambda p: [p / "source.png", p / "target.jpg", "--cdl", p / "look.cube"],
        ("look.cube", ".ccc"),
    ),
    "cube that exists": (
        lambda p: [p / "source.png", p / "target.jpg", "--cube", p / "there.cube"],
        ("there.cube", "--overwrite"),
    ),
    "settings in a missing folder": (
        lambda p: [p / "source.png", p / "target.jpg", "--save-settings", p / "gone" / "run.json"],
        ("run.json", "gone"),
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_bad_input_is_refused(reswd: Callable[..., Ran], place: Path, case: str) -> None:
    jpeg = (place / "target.jpg").read_bytes()
    (place / "empty.png").write_bytes(b"")
    (place / "short.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    (place / "words.png").write_text("this is not a picture")
    (place / "there.cube").write_text("mine")
    (place / "folder").mkdir()
    Image.new("L", (64, 48)).save(place / "black.png")
    Image.new("L", (3, 2), 255).save(place / "small.png")
    before = snapshot(place)
    arguments, said = REFUSALS[case]
    assert_refused(reswd("match", *arguments(place), "-o", place / "out.png"), *said)
    assert snapshot(place) == before


OUTPUTS: dict[str, tuple[str, list[str], tuple[str, ...]]] = {
    "equal to the source": ("source.png", ["--overwrite"], ("source.png", "input")),
    "equal to the target": ("target.jpg", ["--overwrite"], ("target.jpg", "input")),
    "equal through another spelling": ("folder/../source.png", ["--overwrite"], ("source.png", "input")),
    "a link to the source": ("link.png", ["--overwrite"], ("link.png", "input")),
    "exists": ("there.png", [], ("there.png", "exists")),
    "missing folder": ("gone/out.png", [], ("gone",)),
    "a folder": ("folder", [], ("folder",)),
    "unknown suffix": ("out.xyz", [], (".xyz",)),
    "no suffix": ("out", [], ("out", "suffix")),
}


@pytest.mark.parametrize("case", OUTPUTS)
def test_bad_output_is_refused(reswd: Callable[..., Ran], place: Path, case: str) -> None:
    (place / "folder").mkdir()
    (place / "link.png").symlink_to(place / "source.png")
    (place / "there.png").write_text("mine")
    before = snapshot(place)
    name, flags, said = OUTPUTS[case]
    ran = reswd("match", place / "source.png", place / "target.jpg", "-o", f"{place}/{name}", *flags)
    assert_refused(ran, *said)
    assert snapshot(place) == before


def test_no_output(reswd: Callable[..., Ran], place: Path) -> None:
    assert_refused(reswd("match", place / "source.png", place / "target.jpg"), "-o OUT")


def test_over_the_pixel_limit(reswd: Callable[..., Ran], place: Path) -> None:
    """A PNG header that states 40,000 x 40,000 is refused before anything is decoded."""
    import struct
    import zlib

    png = bytearray((place / "source.png").read_bytes())
    png[16:24] = struct.pack(">II", 40000, 40000)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    (place / "huge.png").write_bytes(png)
    ran = reswd("match", place / "huge.png", place / "target.jpg", "-o", place / "out.png")
    assert_refused(ran, "huge.png", "1600 megapixels", "250")


def test_overwrite(reswd: Callable[..., Ran], place: Path) -> None:
    (place / "out.png").write_text("old")
    pair = ("match", place / "source.png", place / "target.jpg", "-o", place / "out.png")
    assert reswd(*pair, "--overwrite").code == 0
    assert read_picture(place / "out.png").width == 64


def make_grey(p: Path) -> Path:
    Image.fromarray(eight_bits(1)).convert("L").save(p / "odd.png")
    return p / "odd.png"


def make_palette(p: Path) -> Path:
    Image.fromarray(eight_bits(1)).convert("P").save(p / "odd.png")
    return p / "odd.png"


def make_cmyk(p: Path) -> Path:
    Image.fromarray(eight_bits(1)).convert("CMYK").save(p / "odd.jpg")
    return p / "odd.jpg"


def make_gif(p: Path) -> Path:
    frames = [Image.fromarray(eight_bits(seed)).convert("P") for seed in (1, 2)]
    frames[0].save(p / "odd.gif", save_all=True, append_images=frames[1:])
    return p / "odd.gif"


def make_alpha(p: Path) -> Path:
    alpha = np.full((48, 64, 1), 255, np.uint8)
    alpha[:10] = 0
    Image.fromarray(np.concatenate([eight_bits(1), alpha], 2)).save(p / "odd.png")
    return p / "odd.png"


def make_deep(p: Path) -> Path:
    deep = np.rint(photograph(1) * 65535).astype(np.uint16)
    picture = Picture(deep, None, None, (), Path("nowhere"), Container("NONE"))
    return write_picture(p / "odd.png", picture, deep)


def make_dot(p: Path) -> Path:
    Image.fromarray(eight_bits(1)[:1, :1]).save(p / "odd.png")
    return p / "odd.png"


def make_flat(p: Path) -> Path:
    Image.new("RGB", (20, 10), (90, 120, 60)).save(p / "odd.png")
    return p / "odd.png"


ODD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "grey": (make_grey, "grey picture read as RGB"),
    "palette": (make_palette, "palette read as RGB"),
    "CMYK": (make_cmyk, "CMYK"),
    "animated GIF": (make_gif, "first frame"),
    "alpha": (make_alpha, ""),
    "16-bit": (make_deep, ""),
    "1x1": (make_dot, ""),
    "flat": (make_flat, ""),
}


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("role", ["source", "target"])
def test_odd_pictures_work_with_a_note(reswd: Callable[..., Ran], place: Path, case: str, role: str) -> None:
    make, note = ODD[case]
    odd = make(place)
    pair = (odd, place / "target.jpg") if role == "source" else (place / "source.png", odd)
    before = snapshot(place)
    ran = reswd("match", *pair, "-o", place / "out.png", "--json")
    assert ran.code == 0, ran.err
    report = json.loads(ran.out)
    assert report["distance_after"] < report["distance_before"]
    if note:
        assert any(note in line for line in ran.err.splitlines() if line.startswith("note: odd."))
        assert any(note in line for line in report["notes"])
    else:
        assert ran.err == ""
    assert {name: data for name, data in snapshot(place).items() if name != "out.png"} == before
    out = read_picture(place / "out.png")
    source = read_picture(pair[0])
    assert (out.height, out.width, out.bits) == (source.height, source.width, source.bits)
    if case == "alpha" and role == "source":
        assert np.array_equal(out.pixels[:10], source.pixels[:10])
        assert np.array_equal(out.alpha, source.alpha)


@pytest.mark.parametrize("method", ["fast", "reswd", "mkl", "histogram"])
def test_identical_pictures(reswd: Callable[..., Ran], place: Path, method: str) -> None:
    shutil.copy(place / "source.png", place / "copy.png")
    pair = ("match", place / "source.png", place / "copy.png", "-o", place / "out.png")
    ran = reswd(*pair, "--method", method, "--json")
    assert json.loads(ran.out)["distance_before"] == 0
    assert np.array_equal(read_picture(place / "out.png").pixels, eight_bits(1))
    ran = reswd("match", place / "source.png", place / "source.png", "-o", place / "same.png", "--method", method)
    assert "distance 0.00 -> 0.00" in ran.out


@pytest.mark.parametrize("method", ["fast", "mkl"])
def test_deep_display_p3_matched_to_itself(reswd: Callable[..., Ran], place: Path, method: str) -> None:
    """Pixels within 1/4096, reds outside sRGB included; the profile is embedded unchanged."""
    deep = np.rint(photograph(1) * 65535).astype(np.uint16)
    deep[:6, :6] = [65535, 0, 0]
    picture = Picture(deep, None, display_p3(), (), Path("nowhere"), Container("NONE"))
    source = write_picture(place / "p3.png", picture, deep)
    ran = reswd("match", source, source, "-o", place / "out.png", "--method", method)
    assert ran.code == 0
    out = read_picture(place / "out.png")
    assert out.icc == display_p3()
    assert np.abs(out.pixels.astype(int) - deep.astype(int)).max() <= 65535 / 4096


def test_the_grade_names_the_encoding_of_the_source(reswd: Callable[..., Ran], place: Path) -> None:
    deep = np.rint(photograph(1) * 65535).astype(np.uint16)
    source = write_picture(place / "p3.png", Picture(deep, None, display_p3(), (), Path("n"), Container("NONE")), deep)
    ran = reswd("match", source, place / "target.jpg", "-o", place / "out.png", "--cdl", place / "look.cc")
    assert "converted from sRGB (assumed, untagged) to Display P3" in ran.err
    assert "Display P3" in (place / "look.cc").read_text()


def test_losses_are_noted(reswd: Callable[..., Ran], place: Path) -> None:
    ran = reswd("match", make_deep(place), place / "target.jpg", "-o", place / "out.jpg")
    assert "note: JPEG holds 8 bits" in ran.err


@pytest.mark.parametrize("suffix", [".cc", ".ccc", ".cdl", ".cube", ".json"])
def test_apply_gives_what_match_gave(reswd: Callable[..., Ran], place: Path, suffix: str) -> None:
    flag = {".json": "--save-settings", ".cube": "--cube"}.get(suffix, "--cdl")
    pair = ("match", place / "source.png", place / "target.jpg", "-o", place / "out.png")
    assert reswd(*pair, flag, place / f"look{suffix}").code == 0
    ran = reswd("apply", place / f"look{suffix}", place / "source.png", "-o", place / "done" / "deep")
    assert ran.code == 0, ran.err
    assert ran.out.strip() == str(place / "done" / "deep" / "source.png")
    matched, applied = (read_picture(p).pixels.astype(int) for p in (place / "out.png", Path(ran.out.strip())))
    assert np.abs(matched - applied).max() <= (4 if suffix == ".cube" else 0 if suffix == ".json" else 1)


@pytest.fixture
def look(place: Path) -> Path:
    from reswd_torch import Cdl, Grade

    return Grade(Cdl((0.5, 0.8, 1.0))).save(place / "look.cc")


def test_apply_to_several_with_one_bad(reswd: Callable[..., Ran], place: Path, look: Path) -> None:
    (place / "bad.png").write_text("no picture")
    make_gif(place)
    before = snapshot(place)
    ran = reswd("apply", look, place / "source.png", place / "bad.png", place / "odd.gif", "-o", place / "done")
    assert ran.code == 1
    assert [line for line in ran.err.splitlines() if line.startswith("reswd:")] == [
        line for line in ran.err.splitlines() if "bad.png" in line
    ]
    assert f"note: {place / 'odd.gif'}: first frame" in ran.err
    assert sorted(p.name for p in (place / "done").iterdir()) == ["odd.png", "source.png"]
    graded = read_picture(place / "done" / "source.png").pixels
    np.testing.assert_allclose(graded[..., 0], eight_bits(1)[..., 0] * 0.5, atol=0.51)
    assert {name: data for name, data in snapshot(place).items() if not name.startswith("done")} == before


def test_apply_strength(reswd: Callable[..., Ran], place: Path, look: Path) -> None:
    assert reswd("apply", look, place / "source.png", "-o", place / "done", "--strength", 0).code == 0
    assert np.array_equal(read_picture(place / "done" / "source.png").pixels, eight_bits(1))
    assert_refused(reswd("apply", look, place / "source.png", "-o", place / "new", "--strength", 9), "strength 9.0")


def test_apply_refusals(reswd: Callable[..., Ran], place: Path, look: Path) -> None:
    (place / "sub").mkdir()
    shutil.copy(place / "source.png", place / "sub" / "source.png")
    (place / "broken.cube").write_text("LUT_3D_SIZE 2\n0 0 0\n")
    source, new = place / "source.png", place / "new"
    before = snapshot(place)
    cases: list[tuple[list[object], tuple[str, ...]]] = [
        ([look, place / "nothing.png", "-o", new], ("nothing.png",)),
        ([place / "none.cc", source, "-o", new], ("none.cc",)),
        ([place / "broken.cube", source, "-o", new], ("broken.cube",)),
        ([source, source, "-o", new], ("source.png", "not a grade file")),
        ([look, source, "-o", place], ("source.png", "input")),
        ([look, source, "-o", look], ("look.cc", "is a file")),
        ([look, source, place / "sub" / "source.png", "-o", new], ("would both become",)),
        ([look, source, "-o", place / "sub"], ("source.png", "exists")),
    ]
    for arguments, said in cases:
        assert_refused(reswd("apply", *arguments), *said)
        assert snapshot(place) == before
        assert not new.exists()
    assert reswd("apply", look, source, "-o", place / "sub", "--overwrite").code == 0


def test_version_and_help(reswd: Callable[..., Ran]) -> None:
    assert __version__ in reswd("--version").out
    for command in ("match", "apply", "serve"):
        ran = reswd(command, "--help")
        assert ran.code == 0
        assert "--host" in ran.out if command == "serve" else "-o" in ran.out


def test_python_m_studio_is_the_same_program(place: Path) -> None:
    """In a process of its own: exit code, streams, nothing printed by libraries, no temporary file left."""
    command = [sys.executable, "-m", "studio", "match", place / "source.png", place / "target.jpg", "-o"]
    ran = subprocess.run([*command, place / "out.png"], cwd=ROOT, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "wrote" in ran.stdout
    ran = subprocess.run([*command, place / "out.png"], cwd=ROOT, capture_output=True, text=True)
    assert_refused(Ran(ran.returncode, ran.stdout, ran.stderr), "out.png", "exists")
    assert sorted(p.name for p in place.iterdir()) == ["out.png", "source.png", "target.jpg"]


@pytest.mark.parametrize(
    ("arguments", "quoted"),
    [
        (["match", "a.png", "b.png", "-o", "c.png", "--strength", "lots"], "'lots'"),
        (["match", "a.png", "b.png", "-o", "c.png", "--seed", "1.5"], "'1.5'"),
        (["match", "a.png", "b.png", "-o", "c.png", "--nope"], "--nope"),
        (["match"], "SOURCE"),
        (["grade"], "'grade'"),
    ],
)
def test_malformed_arguments_are_one_line(
    arguments: list[str], quoted: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["reswd", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert quoted in lines[0]


def test_a_cube_size_not_in_use_is_refused_before_anything_is_written(reswd: Callable[..., Ran], place: Path) -> None:
    for more in ((), ("--json",), ("--cube", place / "look.cube")):
        ran = reswd(
            "match", place / "source.png", place / "target.jpg", "-o", place / "o.png", "--cube-size", 34, *more
        )
        assert ran.code == 2
        assert "34" in ran.err
        assert not (place / "o.png").exists()


def test_settings_that_are_read_are_not_replaced(reswd: Callable[..., Ran], place: Path) -> None:
    run, out = place / "run.json", place / "o.png"
    pair = ("match", place / "source.png", place / "target.jpg", "-o", out)
    assert reswd(*pair, "--save-settings", run).code == 0
    before = run.read_bytes()
    ran = reswd(*pair, "--overwrite", "--from-settings", run, "--save-settings", run)
    assert ran.code == 2
    assert run.read_bytes() == before


def test_apply_refuses_a_folder_in_place_of_a_picture(reswd: Callable[..., Ran], place: Path) -> None:
    assert (
        reswd(
            "match", place / "source.png", place / "target.jpg", "-o", place / "o.png", "--cube", place / "l.cube"
        ).code
        == 0
    )
    ran = reswd("apply", place / "l.cube", place, "-o", place / "graded")
    assert ran.code == 2
    assert "folder" in ran.err
    assert not (place / "graded").exists()


@pytest.mark.parametrize("port", [0, 99999])
def test_serve_refuses_a_port_out_of_range(reswd: Callable[..., Ran], port: int) -> None:
    ran = reswd("serve", "--port", port)
    assert ran.code == 2
    assert str(port) in ran.err


def test_serve_refuses_a_port_in_use(reswd: Callable[..., Ran]) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = reswd("serve", "--port", taken.getsockname()[1])
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert "choose another --port" in ran.err
