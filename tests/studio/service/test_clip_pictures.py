"""Clips of every kind of picture, from file to file: palettes, grey, alpha, and codecs that have no good encoder.

Oracle: FFmpeg's own decoders and conversions, by PyAV, of what was written; libvpx for the alpha of VP8 and VP9.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from reswd_torch import Cdl, Grade
from reswd_torch.errors import InputError
from studio.kinds import CLIP_SUFFIXES
from studio.media.clips.names import WRITTEN_SUFFIXES, clip_result_name
from studio.media.clips.read import read_facts
from studio.service.apply import Applied, apply_to_file, planned_outputs
from studio.service.render import render
from tests.studio.command_line import Reswd
from tests.studio.command_line import reswd as reswd
from tests.studio.media.clips.made import difference, make_clip, scene, shown

LOOK = Grade(Cdl((0.8, 1.0, 1.1), (0.02, 0.0, 0.0)))
SIZE = (72, 128)


def write(path: Path, codec: str, frames: list[av.VideoFrame], container: str | None = None, **options: str) -> Path:
    """Encode frames that are in the pixel format for the codec already."""
    with av.open(str(path), "w", format=container) as file:
        video = file.add_stream(codec, rate=25, options=options)
        video.height, video.width, video.pix_fmt = *SIZE, frames[0].format.name
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, 25)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
    return path


def paletted(number: int) -> av.VideoFrame:
    """Blocks of 16 x 16 pixels in a palette that changes with each frame."""
    frame = av.VideoFrame(SIZE[1], SIZE[0], "pal8")
    random = np.random.default_rng(number)
    index = random.integers(0, 256, (SIZE[0] // 8, SIZE[1] // 16)).repeat(8, 0).repeat(16, 1)
    np.frombuffer(memoryview(frame.planes[0]), np.uint8).reshape(SIZE[0], -1)[:, : SIZE[1]] = index
    np.frombuffer(memoryview(frame.planes[1]), np.uint32)[:] = random.integers(0, 2**24, 256) | 0xFF000000
    return frame


def with_alpha(number: int, form: str) -> av.VideoFrame:
    """The scene, from transparent at the left to opaque at the right."""
    alpha = np.tile(np.linspace(0, 255, SIZE[1]).round().astype(np.uint8), (SIZE[0], 1))
    return av.VideoFrame.from_ndarray(np.dstack([scene(number), np.roll(alpha, number, 1)]), "rgba").reformat(
        format=form
    )


def alphas(path: Path) -> list[np.ndarray]:
    """The alpha of every frame, 0..1, through the decoder that shows it."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        other = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(stream.codec_context.codec.canonical_name)
        context = stream.codec_context if other is None else av.CodecContext.create(other, "r")
        found = []
        for packet in container.demux(stream):
            for frame in context.decode(packet if packet.size else None):
                deep = max(part.bits for part in frame.format.components) > 8
                form = frame.format.name if frame.format.is_planar else "gbrap"
                plane = frame.reformat(format=form).planes[3]
                top, kind = (2 ** frame.format.components[3].bits - 1, np.uint16) if deep else (255, np.uint8)
                found.append(np.frombuffer(memoryview(plane), kind).reshape(SIZE[0], -1)[:, : SIZE[1]] / top)
        return found


def apply(source: Path, name: str) -> tuple[Applied, Path]:
    place = source.parent / "done" / name
    return apply_to_file(LOOK, source, place, overwrite=True), place


PALETTES = {"png": ".mov", "zmbv": ".avi", "qtrle": ".mov", "msrle": ".avi", "smc": ".mov", "tiff": ".mov"}


@pytest.mark.parametrize("codec", PALETTES)
def test_palettes_are_graded_as_the_colours_that_they_mean(codec: str, tmp_path: Path) -> None:
    if codec == "qtrle":  # FFmpeg encodes no palette with it, but the same pixels
        frames = [paletted(number).reformat(format="rgb24") for number in range(3)]
    else:
        frames = [paletted(number) for number in range(3)]
    source = write(tmp_path / f"a{PALETTES[codec]}", codec, frames)
    with av.open(str(source)) as container:  # FFmpeg's own conversion
        truth = [frame.reformat(format="rgb24").to_ndarray() for frame in container.decode(video=0)]
    assert np.array_equal(np.stack(shown(source)), np.stack(truth))
    applied, place = apply(source, source.name)
    assert np.array_equal(np.stack(shown(place)), np.stack([render(frame.copy(), LOOK) for frame in truth]))
    own = codec in ("png", "zmbv", "qtrle", "tiff")
    notes = tuple(note for note in applied.notes if not note.startswith("not kept: other data"))  # TIFF's own EXIF
    assert notes == (() if own else (f"{codec} cannot be written there: the result is png",))


def test_a_palette_does_not_stop_the_others(tmp_path: Path, reswd: Reswd) -> None:
    """What an issue found: a traceback that stopped all the files after it."""
    first = write(tmp_path / "a.mov", "png", [paletted(0)])
    odd = write(tmp_path / "b.mov", "exr", [with_alpha(0, "gbrp").reformat(format="gbrpf32le")])
    last = make_clip(tmp_path / "c.mp4", audio=False)
    ran = reswd("apply", LOOK.save(tmp_path / "look.cc"), first, odd, last, "-o", tmp_path / "done")
    assert ran.code == 1 and ran.out.splitlines() == [str(tmp_path / "done" / name) for name in ("a.mov", "c.mp4")]
    assert ran.err == (
        f"reswd: {odd}: its pixels (gbrpf32le) hold values beyond black and white (floating point, or 32 bits): export it for a "
        "screen first, as H.264 or ProRes\n"
    )


ALPHA = {
    "qtrle": ("a.mov", "argb", 0.0),
    "png": ("a.mov", "rgba", 0.0),
    "ffv1": ("a.mkv", "yuva444p", 0.0),
    "cfhd": ("a.mov", "gbrap12le", 0.01),
    "prores_ks": ("a.mov", "yuva444p10le", 0.002),
    "utvideo": ("a.avi", "gbrap", 0.0),
    "libvpx-vp9": ("a.webm", "yuva420p", 0.02),
    "libvpx": ("a.webm", "yuva420p", 0.04),
}
"""Codecs, the file, the pixel format, and how far the alpha may be off: 8 bits of video, and twice coded where it is lossy."""


@pytest.mark.parametrize("codec", ALPHA)
def test_alpha_is_kept_and_colours_are_graded(codec: str, tmp_path: Path) -> None:
    name, form, within = ALPHA[codec]
    options = {"auto-alt-ref": "0", "crf": "4", "b": "20M"} if codec.startswith("libvpx") else {}
    source = write(tmp_path / name, codec, [with_alpha(number, form) for number in range(4)], **options)
    wanted = alphas(source)
    assert len(wanted) == 4 and wanted[0][:, 4].mean() < 0.1 and wanted[0][:, -4].mean() > 0.9
    assert read_facts(source).alpha
    applied, place = apply(source, name)
    assert not [note for note in applied.notes if "transparency" in note]
    assert max(np.abs(one - other).mean() for one, other in zip(wanted, alphas(place), strict=True)) <= within
    mean, _ = difference([render(frame.copy(), LOOK) for frame in shown(source)], shown(place))
    assert mean < 1.5


def test_alpha_that_cannot_be_kept_is_named_and_no_tag_claims_it(tmp_path: Path) -> None:
    frames = [with_alpha(number, "yuva420p") for number in range(3)]
    source = write(tmp_path / "a.webm", "libvpx-vp9", frames)
    applied, place = apply(source, "out.mp4")
    assert applied.notes == ("its transparency is not kept",)
    applied, place = apply(source, "out.mkv")
    assert applied.notes == () and len(alphas(place)) == 3
    plain = write(tmp_path / "plain.webm", "libvpx-vp9", [frame.reformat(format="yuv420p") for frame in frames])
    raw = plain.read_bytes()
    assert b"ALPHA" not in raw.upper()
    with (
        av.open(str(source)) as one,
        av.open(str(tmp_path / "out.webm"), "w") as other,
    ):  # a tag without alpha behind it
        other.add_stream_from_template(one.streams.video[0]).metadata["alpha_mode"] = "1"
        other.start_encoding()
        with av.open(str(plain)) as third:
            for packet in third.demux(video=0):
                if packet.size:
                    packet.stream = other.streams[0]
                    other.mux_one(packet)
    applied, place = apply(tmp_path / "out.webm", "again.webm")
    with av.open(str(place)) as container:
        assert not [key for key in container.streams.video[0].metadata if key.lower() == "alpha_mode"]


@pytest.mark.parametrize("form", ["gray", "gray10le", "ya8"])
@pytest.mark.parametrize("name", ["a.mkv", "a.avi"])
def test_grey_is_graded_into_colour(form: str, name: str, tmp_path: Path) -> None:
    frames = [with_alpha(number, form) for number in range(3)]
    source = write(tmp_path / name, "ffv1", frames)
    seen = shown(source)
    assert all(np.ptp(frame, axis=2).max() <= 1 for frame in seen)
    _, place = apply(source, name)
    mean, largest = difference([render(frame.copy(), LOOK) for frame in seen], shown(place))
    assert mean < 0.6 and largest < 4  # chroma has half the rows and columns


POOR = {
    "cinepak": (".mov", "rgb24"),
    "msvideo1": (".avi", "rgb555le"),
    "rpza": (".mov", "rgb555le"),
    "gif": (".mov", "rgb8"),
    "snow": (".avi", "yuv420p"),
    "svq1": (".mov", "yuv410p"),
    "asv2": (".avi", "yuv420p"),
}


@pytest.mark.parametrize("codec", POOR)
def test_codecs_without_a_good_encoder_give_way(codec: str, tmp_path: Path) -> None:
    """Re-encoded by themselves they would spoil the picture, by 2 to 18 steps of 255 on average."""
    suffix, form = POOR[codec]
    pictures = [av.VideoFrame.from_ndarray(scene(number)).reformat(format=form) for number in range(3)]
    source = write(tmp_path / f"a{suffix}", codec, pictures)
    applied, place = apply(source, source.name)
    mean, _ = difference([render(frame.copy(), LOOK) for frame in shown(source)], shown(place))
    assert mean < 2.2 and any("cannot be written there: the result is" in note for note in applied.notes)


def test_full_range_stays_what_it_is_where_no_tag_can_say_so(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", "ffv1", "yuv444p", tags=(1, 1, 1, 2), audio=False)
    assert read_facts(source).tags.used_range == 2
    for name, codec, range_ in (("o.mkv", "ffv1", 2), ("o.avi", "ffv1", 1), ("o.mov", "h264", 2)):
        _, place = apply(source, name)
        facts = read_facts(place)
        assert (facts.codec, facts.tags.used_range) == (codec, range_)
        if name != "o.avi":  # AVI holds no matrix either, and players guess it
            mean, _ = difference([render(frame.copy(), LOOK) for frame in shown(source)], shown(place))
            assert mean < 1.2
        else:
            luma = [np.mean([frame @ [0.2126, 0.7152, 0.0722] for frame in shown(path)]) for path in (source, place)]
            assert abs(luma[0] - luma[1]) < 6  # 219/255 taken for full range would darken it by some 15


def test_every_clip_that_is_read_has_a_name_for_its_result() -> None:
    for suffix in CLIP_SUFFIXES:
        name = clip_result_name(f"a.b{suffix.upper()}")
        assert Path(name).suffix.lower() in WRITTEN_SUFFIXES and name.startswith("a.b")
    assert set(WRITTEN_SUFFIXES) <= CLIP_SUFFIXES
    assert [clip_result_name(name) for name in ("a.3gp", "a.OGV", "a.dv", "a.MP4")] == [
        "a.3gp",
        "a.mkv",
        "a.mov",
        "a.MP4",
    ]


def test_two_clips_never_become_one_result(tmp_path: Path) -> None:
    both = [tmp_path / "a.ogv", tmp_path / "a.mkv"]
    with pytest.raises(InputError, match=r"would both become .*a\.mkv"):
        planned_outputs(both, tmp_path / "done", overwrite=False)
    assert len(planned_outputs([tmp_path / "a.3gp", tmp_path / "a.mp4"], tmp_path / "done", overwrite=False)) == 2


def test_a_clip_whose_container_is_not_written_says_so(tmp_path: Path, reswd: Reswd) -> None:
    vp8 = [av.VideoFrame.from_ndarray(scene(number)).reformat(format="yuv420p") for number in range(3)]
    source = write(tmp_path / "a.ogv", "libvpx", vp8, container="ogg")
    ran = reswd("apply", LOOK.save(tmp_path / "look.cc"), source, "-o", tmp_path / "done")
    assert (ran.code, ran.out) == (0, f"{tmp_path / 'done' / 'a.mkv'}\n")
    assert ran.err == f"note: {source}: .ogv files are read and not written: the result is a.mkv\n"


def test_a_3gp_stays_one(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.3gp"), "w", format="3gp") as file:
        video = file.add_stream("h263", rate=25)
        video.height, video.width, video.pix_fmt = 144, 176, "yuv420p"
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(scene(number, (144, 176))).reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
    applied, place = apply(tmp_path / "a.3gp", "a.3gp")
    assert applied == Applied((), True) and read_facts(place).codec == "h263"
    mean, _ = difference([render(frame.copy(), LOOK) for frame in shown(tmp_path / "a.3gp")], shown(place))
    assert mean < 1.6
