"""HDR clips: graded in the space that their tags mean, and written with all that says so."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import PyOpenColorIO as ocio
import pytest
from av.sidedata.sidedata import Type

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade
from reswd_torch.grade.trims import Trims
from reswd_torch.settings import MatchSettings
from reswd_torch.spaces import SpaceChoice, choose_spaces, conversion, target_view
from studio.jobs import ClipJob
from studio.media.clips.read import read_facts
from studio.references import ClipReference, PictureReference, Reference, SavedGrade
from studio.service.apply import apply_to_file
from studio.service.clip import ClipResult, SavedClip, match_clip
from studio.ui.clip.clips import open_clip
from tests.studio.clips_for_tests import deep_clip, moving
from tests.studio.pictures import write_deep
from tests.studio.service.test_clip_spaces import colours_of, seen_difference
from tests.studio.spaces_for_tests import BALANCE, LOGC3, PLACE, encoded, scene

PQ, HLG, SDR = "Rec.2100-PQ - Display", "Rec.2100-HLG - Display", "sRGB - Display"
TAGS = {PQ: (9, 16, 9, 1), HLG: (9, 18, 9, 1), SDR: (1, 13, 1, 1)}
DISPLAY = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
X265 = {"crf": "4", "x265-params": f"log-level=none:master-display={DISPLAY}:max-cll=1000,400"}
CODECS = {
    "libx265": (".mp4", "yuv420p10le", X265),
    "libx264": (".mkv", "yuv420p10le", {"crf": "4", "x264-params": f"mastering-display={DISPLAY}:cll=1000,400"}),
    "libsvtav1": (
        ".mp4",
        "yuv420p10le",
        {"crf": "10", "preset": "8", "svtav1-params": "mastering-display=G(0.265,0.690)B(0.150,0.060)R(0.680,0.320)"
        "WP(0.3127,0.3290)L(1000.0,0.0001):content-light=1000,400"},
    ),
    "prores_ks": (".mov", "yuv422p10le", {}),
    "ffv1": (".mkv", "yuv444p10le", {}),
}  # fmt: skip
LOOK = Grade(Cdl((1.05, 0.98, 0.97), (0.01, -0.01, 0.0), (1.02, 0.99, 1.01), 0.95))


def light() -> np.ndarray:
    """Light of which no display cuts anything off."""
    return scene() * 0.1


def hdr_clip(path: Path, space: str = PQ, of: np.ndarray | None = None, codec: str = "ffv1") -> Path:
    codes = conversion(PLACE, "ACEScg", space)(light() if of is None else of).clip(0, 1)
    _, pixel_format, options = CODECS[codec]
    return deep_clip(path, moving(codes), codec, pixel_format, tags=TAGS.get(space, TAGS[SDR]), options=options)


def graded(source: Path, reference: Reference, name: str, **settings: object) -> tuple[ClipResult, SavedClip]:
    job = ClipJob(source, reference, MatchSettings(**settings))  # type: ignore[arg-type]
    return match_clip(job, source.with_name(name))


def said_by(path: Path) -> dict[str, object]:
    """Codec, pixel format, tags and light of the first frame. Oracle: FFmpeg."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frame, context = next(container.decode(stream)), stream.codec_context
        said = {
            "codec": context.codec.canonical_name,
            "format": frame.format.name,
            "tags": (frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range),
            "stream": (context.color_primaries, context.color_trc, context.colorspace, context.color_range),
        }
        for kind, form in ((Type.MASTERING_DISPLAY_METADATA, "22i"), (Type.CONTENT_LIGHT_LEVEL, "2I")):
            found = frame.side_data.get(kind)  # type: ignore[call-overload]
            if found is not None:
                numbers = struct.unpack_from(f"={form}", bytes(found))
                ratios = [round(a / b, 3) for a, b in zip(numbers[:20:2], numbers[1:20:2], strict=True)]
                said[kind.name] = numbers if form == "2I" else ratios
        return said


@pytest.mark.parametrize("codec", CODECS)
def test_the_result_says_what_the_source_says(tmp_path: Path, codec: str) -> None:
    suffix = CODECS[codec][0]
    source = hdr_clip(tmp_path / f"a{suffix}", codec=codec)
    result, saved = graded(source, SavedGrade(LOOK), f"out{suffix}")
    before, after = said_by(source), said_by(saved.path)
    assert before == after and before["tags"] == TAGS[PQ]
    assert ("CONTENT_LIGHT_LEVEL" in after) == codec.startswith("lib")
    assert any("MaxCLL and MaxFALL (1000, 400) are those before" in note for note in saved.notes) == codec.startswith(
        "lib"
    )
    assert any("its file says HDR video (PQ)" in note and PQ in note for note in result.notes)
    assert result.encoding == PQ and result.job.spaces is not None and result.job.spaces.working == PQ
    moved = np.abs(colours(saved.path) - colours(source)).mean()
    assert moved > 0.005


def colours(path: Path) -> np.ndarray:
    return colours_of(path, hdr=True)


def test_light_that_a_codec_has_no_place_for_is_said(tmp_path: Path) -> None:
    source = hdr_clip(tmp_path / "a.mp4", codec="libx265")
    job = ClipJob(source, SavedGrade(LOOK), spaces=choose_spaces(PQ, output="rec2100_hlg_display", config=PLACE))
    _, saved = match_clip(job, tmp_path / "out.mp4")
    assert "CONTENT_LIGHT_LEVEL" not in said_by(saved.path), "it is another display's"
    assert said_by(saved.path)["tags"] == TAGS[HLG]
    assert any("not kept: its HDR light levels" in note for note in saved.notes)


def test_hdr_stays_in_ten_bits_where_another_codec_can(tmp_path: Path) -> None:
    """What VP9 is here has 8 bits, and WebM holds AV1 as well."""
    source = hdr_clip(tmp_path / "a.mkv")
    _, saved = graded(source, SavedGrade(LOOK), "out.webm")
    after = said_by(saved.path)
    assert (after["codec"], after["format"], after["tags"]) == ("av1", "yuv420p10le", TAGS[PQ])
    assert any("the result is av1" in note for note in saved.notes)


@pytest.mark.parametrize("space", [PQ, HLG])
def test_at_strength_0_the_codes_stay(tmp_path: Path, space: str) -> None:
    source = hdr_clip(tmp_path / "a.mkv", space)
    _, saved = graded(source, SavedGrade(LOOK), "out.mkv", strength=0.0)
    assert np.array_equal(colours(source), colours(saved.path))
    assert not any("before the grade" in note for note in saved.notes)


@pytest.mark.parametrize("transform", ["cdl", "lut"])
def test_a_grade_file_gives_the_frames(tmp_path: Path, transform: str) -> None:
    """Oracle: OpenColorIO applies the .clf to the decoded codes."""
    source = hdr_clip(tmp_path / "a.mkv")
    other = hdr_clip(tmp_path / "b.mkv", of=light() * 1.5 * np.array(BALANCE))
    result, saved = graded(source, ClipReference(other), "out.mkv", transform=transform)
    wanted = colours(source).copy()
    file = ocio.FileTransform(str(result.save_grade(tmp_path / "look.clf")))
    ocio.Config.CreateRaw().getProcessor(file).getDefaultCPUProcessor().applyRGB(wanted)
    assert np.abs(colours(saved.path) - wanted.clip(0, 1)).max() <= 2.5 / 1023, "Y'CbCr rounds to 10 bits"


@pytest.mark.parametrize("space", [PQ, HLG])
@pytest.mark.parametrize("other", [PQ, HLG])
def test_an_hdr_clip_comes_to_another(tmp_path: Path, space: str, other: str) -> None:
    source = hdr_clip(tmp_path / "a.mkv", space)
    reference = hdr_clip(tmp_path / "b.mkv", other, light() * 1.5 * np.array(BALANCE))
    _, saved = graded(source, ClipReference(reference), "out.mkv", transform="lut")
    assert seen_difference(colours(source), space, colours(reference), other) > 4.0
    assert seen_difference(colours(saved.path), space, colours(reference), other) <= 1.5
    assert said_by(saved.path)["tags"] == TAGS[space]


def lifted(srgb: np.ndarray, space: str) -> np.ndarray:
    """sRGB as an HDR match sees it, as codes of a space."""
    seen = target_view(choose_spaces(space, config=PLACE))(srgb.astype(np.float32))
    return conversion(PLACE, PQ, space)(seen)


def test_sdr_white_is_203_candela_among_hdr() -> None:
    """Oracles: ITU-R BT.2408 table 1 (HLG 75 %, PQ 58 %), and the curve of SMPTE ST 2084."""
    white = np.ones((1, 3), np.float32)
    np.testing.assert_allclose(lifted(white, HLG), 0.75, atol=0.003)
    power = (203 / 10000) ** 0.1593017578125
    curve = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    np.testing.assert_allclose(lifted(white, PQ), curve, atol=0.0005)
    assert curve == pytest.approx(0.58, abs=0.002)


@pytest.mark.parametrize("kind", ["still", "clip", "named"])
def test_an_hdr_clip_comes_to_an_sdr_reference(tmp_path: Path, kind: str) -> None:
    """As the same picture is shown among HDR."""
    source = hdr_clip(tmp_path / "a.mkv")
    light_there = light() * 0.6 * np.array(BALANCE)
    if kind != "clip":
        reference: Reference = PictureReference(write_deep(tmp_path / "b.png", encoded(light_there, SDR)))
    else:
        reference = ClipReference(hdr_clip(tmp_path / "b.mkv", SDR, light_there))
    spaces = choose_spaces(PQ, target=SDR, config=PLACE) if kind == "named" else None
    job = ClipJob(source, reference, MatchSettings(transform="lut"), spaces=spaces)
    result, saved = match_clip(job, tmp_path / "out.mkv")
    shown_there = conversion(PLACE, "ACEScg", SDR)(light_there).clip(0, 1)
    wanted = np.concatenate([frame.reshape(-1, 3) for frame in moving(lifted(shown_there, PQ))])
    assert seen_difference(colours(source), PQ, wanted, PQ) > 4.0
    assert seen_difference(colours(saved.path), PQ, wanted, PQ) <= 1.5
    assert any("203 cd/m2" in note for note in result.notes)


@pytest.mark.parametrize("spaces", [None, choose_spaces(LOGC3, config=PLACE)])
def test_an_hdr_reference_is_brought_into_the_range_of_another_source(
    tmp_path: Path, spaces: SpaceChoice | None
) -> None:
    """What lies below three quarters of reference white is shown as it is: these pictures are dark enough."""
    there = light() * 0.6 * np.array(BALANCE)
    hdr = hdr_clip(tmp_path / "a.mkv", PQ, there)
    sdr = hdr_clip(tmp_path / "b.mkv", SDR if spaces is None else LOGC3)
    settings = MatchSettings(aim="colours", transform="lut")
    result, saved = match_clip(ClipJob(sdr, ClipReference(hdr), settings, spaces=spaces), tmp_path / "out.mkv")
    own = SDR if spaces is None else LOGC3
    wanted = target_view(choose_spaces(SDR, target=PQ, config=PLACE))(colours(hdr))
    before, after = (seen_difference(colours(one), own, wanted, SDR) for one in (sdr, saved.path))
    assert after < 0.5 * before
    assert (spaces is None) == any("brought into standard range" in note for note in result.notes)


def test_trims_of_an_sdr_display_are_refused(tmp_path: Path) -> None:
    source = hdr_clip(tmp_path / "a.mkv")
    with pytest.raises(InputError, match="trimmed in exposure"):
        graded(source, SavedGrade(LOOK), "out.mkv", trims=Trims(exposure=0.5))


def test_a_space_that_is_said_wins(tmp_path: Path) -> None:
    source = hdr_clip(tmp_path / "a.mkv")
    job = ClipJob(source, SavedGrade(LOOK), spaces=choose_spaces(LOGC3, config=PLACE))
    result, saved = match_clip(job, tmp_path / "out.mkv")
    assert result.encoding == LOGC3 and said_by(saved.path)["tags"] == TAGS[PQ]
    assert any("its tags (HDR video (PQ)) were passed over" in note for note in result.notes)


def test_a_saved_grade_is_applied_to_the_codes_of_the_display(tmp_path: Path) -> None:
    source = hdr_clip(tmp_path / "a.mkv")
    applied = apply_to_file(LOOK, source, tmp_path / "out" / "a.mkv")
    assert any(f"graded in {PQ}" in note for note in applied.notes)
    wanted = LOOK.apply(colours(source))
    assert np.abs(colours(tmp_path / "out" / "a.mkv") - wanted).max() <= 2.5 / 1023


def test_who_knows_no_spaces_takes_no_hdr(tmp_path: Path) -> None:
    """The browser app among them."""
    source = hdr_clip(tmp_path / "a.mkv")
    for opens in (read_facts, open_clip):
        with pytest.raises(InputError, match=r"a\.mkv: the clip is HDR \(PQ, SMPTE ST 2084\): convert it to SDR"):
            opens(source)
