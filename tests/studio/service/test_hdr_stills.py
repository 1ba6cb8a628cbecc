"""HDR stills: graded in the space that their files mean, and written with the same tags; references for either range."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from reswd_torch.appearance import light_to_pq, pq_appearance, pq_to_light
from reswd_torch.color import srgb_to_linear
from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade
from reswd_torch.grade.trims import Trims
from reswd_torch.profiles import profile_name, to_profile
from reswd_torch.settings import MatchSettings
from reswd_torch.spaces import choose_spaces, config_place, conversion
from studio.jobs import MatchJob
from studio.media.images import read_picture, read_reduced
from studio.media.images.png_chunks import chunks, mapped
from studio.references import PictureReference, SavedGrade
from studio.service import reference as reference_room
from studio.service.apply import apply_to_file
from studio.service.match import run_match
from tests.studio.command_line import Reswd, assert_refused
from tests.studio.media.images.profiles_for_tests import hdr_profile
from tests.studio.pictures import sixteen_bits, write_deep

PLACE = config_place("ocio://studio-config-latest")
PQ, HLG = "Rec.2100-PQ - Display", "Rec.2100-HLG - Display"
TRANSFERS = {PQ: 16, HLG: 18}
LIGHT_LEVELS = b"cLLI", struct.pack(">II", 9_000_000, 2_000_000)
LOOK = Grade(Cdl((1.02, 1.0, 0.97), (0.01, 0.0, -0.01)))


def still(path: Path, space: str = PQ, gains: tuple[float, float, float] = (1.0, 1.0, 1.0), icc: bool = False) -> Path:
    """A scene of patches from 1 to 900 cd/m2, times the gains, with 16 bits: with cICP and cLLI, or with a profile."""
    rng = np.random.default_rng(0)
    light = 10 ** rng.uniform(0.2, 2.8, (12, 15, 1)) * rng.uniform(0.7, 1.3, (12, 15, 3)) * np.array(gains)
    pq = light_to_pq(torch.from_numpy(np.kron(light.clip(0, 900), np.ones((16, 16, 1))))).numpy()
    codes = np.rint(conversion(PLACE, PQ, space)(pq).clip(0, 1) * 65535).astype(np.uint16)
    write_deep(path, codes, hdr_profile(TRANSFERS[space]) if icc else None)
    if not icc:
        data = path.read_bytes()
        told = [(b"cICP", bytes([9, TRANSFERS[space], 0, 1])), LIGHT_LEVELS]
        made = b"".join(struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in told)
        path.write_bytes(data[:33] + made + data[33:])
    return path


def in_pq(path: Path, space: str) -> torch.Tensor:
    """(N, 3) PQ codes."""
    pixels = read_picture(path, hdr=True).pixels
    assert pixels.dtype == np.uint16
    return torch.from_numpy(conversion(PLACE, space, PQ)(pixels.reshape(-1, 3) / np.float32(65535)))


def apart(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((pq_appearance().lab(one) - pq_appearance().lab(other)).norm(dim=1).mean())


def chunks_of(path: Path) -> dict[bytes, bytes]:
    with mapped(path) as data:
        return {kind: data[at + 8 : at + 8 + length] for kind, at, length in chunks(path, data)}


@pytest.mark.parametrize("space", [PQ, HLG])
@pytest.mark.parametrize("other", [PQ, HLG])
@pytest.mark.parametrize("kind", ["a.png", "icc.png", "icc.tif"])
def test_a_still_goes_to_another_and_keeps_what_it_says(tmp_path: Path, space: str, other: str, kind: str) -> None:
    source = still(tmp_path / kind, space, icc="icc" in kind)
    target = still(tmp_path / "b.png", other, (0.8, 0.6, 0.5))
    result = run_match(MatchJob(source, PictureReference(target)))
    graded = result.save_picture(tmp_path / f"out{source.suffix}")
    before, after = (apart(in_pq(one, space), in_pq(target, other)) for one in (source, graded))
    assert before > 12 and after < 0.15 * before
    assert result.encoding == space == result.grade.encoding
    (note,) = (note for note in result.notes if "was graded in" in note)
    assert note.startswith(f"{kind}: its file says {'PQ' if space == PQ else 'HLG'}") and space in note
    assert not any("passed over" in note or "white" in note for note in result.notes)
    held = read_picture(graded, hdr=True)
    assert held.container.hdr == (9, TRANSFERS[space])
    if kind == "a.png":
        assert chunks_of(graded)[b"cICP"] == bytes([9, TRANSFERS[space], 0, 1])
        assert chunks_of(graded)[b"cLLI"] == LIGHT_LEVELS[1] and b"iCCP" not in chunks_of(graded)
    else:
        assert held.icc == hdr_profile(TRANSFERS[space])


def test_each_range_takes_the_other_for_a_reference(tmp_path: Path) -> None:
    hdr, plain = still(tmp_path / "hdr.png"), write_deep(tmp_path / "plain.png", sixteen_bits())
    settings = MatchSettings(aim="colours")
    up = run_match(MatchJob(hdr, PictureReference(plain), settings))
    down = run_match(MatchJob(plain, PictureReference(hdr), settings))
    for one in (up, down):
        assert one.report is not None and one.report.distance_after < 0.8 * one.report.distance_before
    assert any("its white was taken for 203 cd/m2" in note for note in up.notes)
    assert any("hdr.png: its HDR was brought into standard range" in note for note in down.notes)
    assert down.job.spaces is None
    assert float(pq_to_light(in_pq(up.save_picture(tmp_path / "up.png"), PQ))[0].quantile(0.99)) < 300
    assert read_picture(down.save_picture(tmp_path / "down.png")).container.hdr is None


def test_a_saved_grade_and_nothing(tmp_path: Path) -> None:
    source = still(tmp_path / "a.png")
    place = tmp_path / "out" / "a.png"
    apply_to_file(LOOK, source, place)
    wanted = LOOK.apply(read_picture(source, hdr=True).pixels / np.float32(65535))
    graded = read_picture(place, hdr=True)
    assert np.abs(graded.pixels / 65535 - wanted).max() < 2 / 65535
    assert graded.container.hdr == (9, 16)
    result = run_match(MatchJob(source, SavedGrade(LOOK), MatchSettings(strength=0.0)))
    same = result.save_picture(tmp_path / "same.png")
    assert np.array_equal(read_picture(same, hdr=True).pixels, read_picture(source, hdr=True).pixels)


def test_what_does_not_ask_for_hdr_is_refused_it(tmp_path: Path) -> None:
    source = still(tmp_path / "a.png")
    for call in (read_picture, read_reduced):
        with pytest.raises(InputError, match="is HDR"):
            call(source)
    with pytest.raises(InputError, match="trimmed in exposure"):
        run_match(MatchJob(source, SavedGrade(LOOK), MatchSettings(trims=Trims(exposure=0.5))))
    result = run_match(MatchJob(source, SavedGrade(LOOK)))
    for name in ("out.jpg", "out.tif"):
        with pytest.raises(InputError, match=r"ends in \.png"):
            result.save_picture(tmp_path / name)
    Image.fromarray((sixteen_bits() >> 8).astype(np.uint8)).save(tmp_path / "p.jpg", icc_profile=hdr_profile(16))
    with pytest.raises(InputError, match=r"p\.jpg: JPEG is not read as HDR .*16-bit PNG"):
        read_picture(tmp_path / "p.jpg", hdr=True)


def test_on_the_command_line(reswd: Reswd, tmp_path: Path) -> None:
    source, target = still(tmp_path / "a.png"), still(tmp_path / "b.png", HLG, (0.8, 0.6, 0.5))
    settings, out, folder = tmp_path / "run.json", tmp_path / "out.png", tmp_path / "in"
    ran = reswd("match", source, target, "-o", out, "--save-settings", settings, "--grade", tmp_path / "look.cube")
    assert ran.code == 0 and f"graded in {PQ}" in ran.out
    again = reswd("match", source, "--from-settings", settings, "-o", tmp_path / "again.png")
    assert again.code == 0 and (tmp_path / "again.png").read_bytes() == out.read_bytes()
    assert reswd("apply", settings, source, "-o", tmp_path / "applied").code == 0
    assert np.array_equal(
        read_picture(tmp_path / "applied" / "a.png", hdr=True).pixels, read_picture(out, hdr=True).pixels
    )
    folder.mkdir()
    source.rename(folder / "a.png")
    write_deep(folder / "plain.png", sixteen_bits())
    assert reswd("batch", folder, "--target", target, "-o", tmp_path / "batch").code == 0
    assert (tmp_path / "batch" / "a.png").read_bytes() == out.read_bytes()
    assert read_picture(tmp_path / "batch" / "plain.png").bits == 16
    refused = reswd("match", folder / "a.png", target, "-o", tmp_path / "no.jpg")
    assert_refused(refused, "no.jpg", "ends in .png")


def test_standard_range_is_delivered_with_its_white_at_203(tmp_path: Path) -> None:
    """HDR's white becomes white, and back, at strength 0 as in a match; as a JPEG too."""
    place = config_place("ocio://studio-config-latest")
    white = light_to_pq(torch.tensor([203.0, 50.0, 20.0]))[:, None].expand(-1, 3)
    codes = np.rint(np.tile(white.numpy(), (40, 20, 1)) * 65535).astype(np.uint16)
    source = write_deep(tmp_path / "a.png", codes)
    data = source.read_bytes()
    made = b"cICP" + bytes([9, 16, 0, 1])
    source.write_bytes(data[:33] + struct.pack(">I", 4) + made + struct.pack(">I", zlib.crc32(made)) + data[33:])
    spaces = choose_spaces(PQ, output="sRGB - Display", config=place)
    result = run_match(MatchJob(source, SavedGrade(LOOK), MatchSettings(strength=0.0), spaces=spaces))
    for name in ("out.png", "out.jpg"):
        written = read_picture(result.save_picture(tmp_path / name))
        top = np.iinfo(written.pixels.dtype).max
        shown = srgb_to_linear(torch.from_numpy(written.pixels[10, :3] / top))
        np.testing.assert_allclose(shown.numpy()[:, 1], [1.0, 50 / 203, 20 / 203], rtol=0.03)
        assert written.container.hdr is None
    back = choose_spaces("sRGB - Display", output=PQ, config=place)
    result = run_match(MatchJob(tmp_path / "out.png", SavedGrade(LOOK), MatchSettings(strength=0.0), spaces=back))
    again = read_picture(result.save_picture(tmp_path / "again.png"), hdr=True).pixels
    assert np.abs(again.astype(int) - codes).max() < 300


def test_a_series_takes_hdr_with_a_space_alone(reswd: Reswd, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        still(folder / name)
    target = still(tmp_path / "t.png", HLG, (0.8, 0.6, 0.5))
    write_deep(folder / "plain.png", sixteen_bits())
    batch = ("batch", folder, "--target", target, "--series")
    ran = reswd(*batch, "-o", tmp_path / "one")
    assert ran.code == 1 and not (tmp_path / "one" / "a.png").exists()
    assert "it is HDR" in (tmp_path / "one" / "report.csv").read_text()
    (folder / "plain.png").unlink()
    ran = reswd(*batch, "-o", tmp_path / "two", "--source-space", "rec2100_pq_display")
    assert ran.code == 0
    first, second = (in_pq(tmp_path / "two" / name, PQ) for name in ("a.png", "b.png"))
    assert torch.equal(first, second)
    assert apart(first, in_pq(target, HLG)) < 0.7 * apart(in_pq(folder / "a.png", PQ), in_pq(target, HLG))


def test_what_a_grade_is_for_is_said_where_the_range_differs(reswd: Reswd, tmp_path: Path) -> None:
    hdr, plain = still(tmp_path / "a.png"), write_deep(tmp_path / "b.png", sixteen_bits())
    match = ("match", hdr, plain, "-o", tmp_path / "o.png", "--save-settings", tmp_path / "hdr.json")
    assert reswd(*match).code == 0
    assert reswd("match", plain, hdr, "-o", tmp_path / "p.png", "--save-settings", tmp_path / "plain.json").code == 0
    ran = reswd("apply", tmp_path / "plain.json", hdr, "-o", tmp_path / "0")
    assert ran.code == 0 and "it is HDR, and the grade is for sRGB" in ran.err
    ran = reswd("apply", tmp_path / "hdr.json", plain, "-o", tmp_path / "1")
    assert ran.code == 0 and "nothing in it says that it is HDR" in ran.err
    ran = reswd("apply", tmp_path / "hdr.json", hdr, "-o", tmp_path / "2")
    assert ran.code == 0 and "says" not in ran.err and "grade is for" not in ran.err


def test_floats_with_a_profile_of_hdr_are_hdr(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    codes = read_picture(still(tmp_path / "a.png"), hdr=True).pixels / np.float32(65535)
    tifffile.imwrite(path, codes.astype(np.float32), photometric="rgb", iccprofile=hdr_profile(16))
    with pytest.raises(InputError, match="is HDR"):
        read_picture(path)
    target = still(tmp_path / "t.png", PQ, (0.8, 0.6, 0.5))
    floats, integers = (run_match(MatchJob(tmp_path / name, PictureReference(target))) for name in ("a.tif", "a.png"))
    assert floats.job.spaces == integers.job.spaces and floats.report is not None and integers.report is not None
    assert floats.report.distance_after == pytest.approx(integers.report.distance_after, abs=0.05)


def test_a_reference_of_standard_range_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, plain = still(tmp_path / "a.png"), write_deep(tmp_path / "b.png", sixteen_bits())
    read: list[object] = []
    real = reference_room.read_reduced
    monkeypatch.setattr(reference_room, "read_reduced", lambda *a, **k: read.append(a) or real(*a, **k))
    run_match(MatchJob(source, PictureReference(plain)))
    assert len(read) == 1


@pytest.mark.parametrize(("space", "numbers"), [(PQ, (9, 16)), (HLG, (9, 18)), ("ST2084-P3-D65 - Display", (12, 16))])
def test_what_is_delivered_in_hdr_says_so(tmp_path: Path, space: str, numbers: tuple[int, int]) -> None:
    source = write_deep(tmp_path / "a.tif", sixteen_bits())
    spaces = choose_spaces("ACEScct", output=space, config=PLACE)
    result = run_match(MatchJob(source, SavedGrade(LOOK), spaces=spaces))
    out = result.save_picture(tmp_path / "out.png")
    assert read_picture(out, hdr=True).container.hdr == numbers
    assert chunks_of(out)[b"cICP"] == bytes([*numbers, 0, 1])
    for name in ("out.jpg", "out.tif"):
        with pytest.raises(InputError, match=r"no place for what says that it is HDR: .*\.png"):
            result.save_picture(tmp_path / name)


@pytest.mark.parametrize(
    ("space", "name"),
    [
        ("Display P3 - Display", "Display P3"),
        ("Rec.1886 Rec.709 - Display", "Rec.709 primaries, gamma 2.4 curve"),
        ("sRGB - Display", None),
        ("ARRI LogC4", None),
    ],
)
@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg"])
def test_what_is_delivered_for_a_display_has_its_profile(
    tmp_path: Path, space: str, name: str | None, suffix: str
) -> None:
    """Oracle: the profile gives back the colours of the space's conversion to sRGB."""
    source = write_deep(tmp_path / "a.tif", sixteen_bits() // 2 + 8000)
    spaces = choose_spaces("ACEScct", output=space, config=PLACE)
    out = run_match(MatchJob(source, SavedGrade(LOOK), spaces=spaces)).save_picture(tmp_path / f"out{suffix}")
    written = read_picture(out)
    if name is None:
        assert written.icc is None
        return
    assert written.icc is not None and profile_name(written.icc) == name
    codes = written.pixels.reshape(-1, 3)[::97] / np.float32(np.iinfo(written.pixels.dtype).max)
    wanted = conversion(PLACE, space, "sRGB - Display")(codes)
    inside = ((wanted > 0.01) & (wanted < 0.99)).all(axis=1)
    shown = to_profile(codes.astype(np.float32), written.icc, None)
    assert inside.sum() > 20 and np.abs(shown - wanted)[inside].max() < 3 / 255
