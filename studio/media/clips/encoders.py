"""Which encoder writes a clip, with which pixel format and quality: the source's own codec wherever one can."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from reswd_torch.errors import InputError
from studio.media.clips.color import BT709, FULL, HD_ROWS, SMPTE170M, UNTAGGED, depth_of
from studio.media.clips.read import ClipFacts

_QUALITY: dict[str, tuple[str, dict[str, str]]] = {
    "av1": ("libsvtav1", {"crf": "16", "preset": "8"}),
    "cfhd": ("cfhd", {"quality": "film3+"}),
    "dnxhd": ("dnxhd", {}),
    "ffv1": ("ffv1", {"level": "3", "slicecrc": "1"}),
    "h264": ("libx264", {"crf": "14", "preset": "fast"}),
    "hevc": ("libx265", {"crf": "14", "preset": "fast", "x265-params": "log-level=none"}),
    "huffyuv": ("huffyuv", {}),
    "jpeg2000": ("jpeg2000", {"pred": "1"}),
    "magicyuv": ("magicyuv", {}),
    "mjpeg": ("mjpeg", {"qmin": "2", "qmax": "2"}),
    "mpeg2video": ("mpeg2video", {"qmin": "1", "qmax": "2"}),
    "mpeg4": ("mpeg4", {"qmin": "1", "qmax": "2"}),
    "png": ("png", {}),
    "prores": ("prores_ks", {}),
    "qtrle": ("qtrle", {}),
    "utvideo": ("utvideo", {}),
    "v210": ("v210", {}),
    "vp8": ("libvpx", {"crf": "4", "b": "40M", "qmin": "0", "qmax": "20", "cpu-used": "3"}),
    "vp9": ("libvpx-vp9", {"crf": "12", "b": "0", "row-mt": "1", "cpu-used": "4"}),
}
"""Codec -> encoder and options of a quality at which the codec adds less than the eye sees."""
_OTHERWISE = ("h264", "vp9", "mpeg2video", "mpeg4")
"""Tried in this order where the source's codec has no encoder here, or the container does not hold it."""
_PRORES = {"Proxy": "0", "LT": "1", "Standard": "2", "HQ": "3", "4444": "4", "XQ": "5"}


@dataclass(frozen=True)
class Encoding:
    """What to open an encoder with.

    Attributes:
        encoder: its name.
        pixel_format: what it gets.
        options: its options.
        time_base: unit of the frames' times.
        matrix: of the pixels it gets, H.273; 0 for R'G'B'.
        tagged_matrix: what is written on the file; 2 for nothing.
        range: what is written on the file; 0 for nothing.
        notes: where it falls short of the source.
    """

    encoder: str
    pixel_format: str
    options: dict[str, str]
    time_base: Fraction
    matrix: int
    tagged_matrix: int
    range: int
    notes: tuple[str, ...] = field(default=())

    def set_up(self, context: Any, facts: ClipFacts) -> None:
        """Write everything onto a codec context that is not open yet."""
        context.height, context.width = facts.upright_size
        context.pix_fmt = self.pixel_format
        context.time_base = self.time_base
        if facts.rate is not None:
            context.framerate = facts.rate
        if facts.aspect is not None:
            context.sample_aspect_ratio = 1 / facts.aspect if facts.turn.transposed else facts.aspect
        context.color_primaries, context.color_trc = facts.tags.primaries, facts.tags.transfer
        context.colorspace, context.color_range = self.tagged_matrix, self.range
        context.options = dict(self.options)
        context.thread_count = 0
        if context.codec.capabilities & _REORDERS_DURATION:
            context.flags |= _FRAME_DURATION


_FRAME_DURATION = 1 << 8
"""AV_CODEC_FLAG_FRAME_DURATION: packets last as long as their frames did."""
_REORDERS_DURATION = 1 << 20
"""AV_CODEC_CAP_ENCODER_REORDERED_OPAQUE: encoders that keep what belongs to a frame with it."""


def choose_encoding(facts: ClipFacts, held: Any) -> Encoding:
    """The first encoder that opens: the source's codec, or another that the container holds.

    Args:
        facts: the clip.
        held: tells for an encoder's name whether the container holds what it writes.

    Raises:
        InputError: none does.
    """
    for encoding in _candidates(facts):
        if held(encoding.encoder) and _opens(encoding, facts):
            return encoding
    raise InputError(
        f"{facts.path}: no encoder is there for {facts.codec} in such a file: give an output that ends in .mp4"
    )


def _candidates(facts: ClipFacts) -> Iterator[Encoding]:
    from av.codec import Codec
    from av.codec.codec import UnknownCodecError

    for codec in (facts.codec, *_OTHERWISE):
        name, options = _QUALITY.get(codec, (codec, {}))
        try:
            offered = [form.name for form in Codec(name, "w").video_formats or ()]
        except UnknownCodecError:
            continue
        pixel_format = nearest_format(facts.pixel_format, offered)
        notes = [] if codec == facts.codec else [f"{facts.codec} cannot be written there: the result is {codec}"]
        notes += _shortcomings(facts, pixel_format)
        own = {**options, **_profile(name, pixel_format, facts.profile)}
        for time_base in (facts.time_base, 1 / facts.rate if facts.rate else facts.time_base):
            yield Encoding(name, pixel_format, own, time_base, *_tags(facts, pixel_format), tuple(notes))


def _opens(encoding: Encoding, facts: ClipFacts) -> bool:
    """Whether the encoder takes it: opened for a moment, before anything is written."""
    from av import CodecContext
    from av.error import FFmpegError

    os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 has no other way to be asked to print errors only
    context = CodecContext.create(encoding.encoder, "w")
    try:
        encoding.set_up(context, facts)
        context.open()
    except (FFmpegError, ValueError):
        return False
    return True


def nearest_format(wanted: str, offered: list[str]) -> str:
    """The offered pixel format that loses least of the wanted one: depth first, then chroma, then the smallest such.

    An encoder that names none (raw video) takes any. Alpha and the order of bytes do not count.
    """
    from av import VideoFormat

    plain = _plain(wanted)
    if plain in offered or not offered:
        return plain if plain in offered else wanted

    def facts(name: str) -> tuple[int, bool, int, int]:
        form = VideoFormat(name, 64, 64)
        return depth_of(form), form.is_rgb, *_chroma(form)

    depth, is_rgb, across, down = facts(plain)

    def loss(name: str) -> tuple[int, int, int, int, int]:
        has_depth, has_rgb, has_across, has_down = facts(name)
        lost = max(0, across - has_across) + max(0, down - has_down)
        spare = max(0, has_across - across) + max(0, has_down - down)
        return max(0, depth - has_depth), lost, has_rgb != is_rgb, max(0, has_depth - depth), spare

    usable = [name for name in offered if not _odd(name)]
    return min(usable or offered, key=loss)


def _plain(name: str) -> str:
    """Planar, without alpha, little-endian; grey as 4:2:0, since a grade may colour it."""
    name = name.replace("yuvj", "yuv").replace("be", "le") if name.startswith(("yuv", "gbr")) else name
    name = name.replace("yuva", "yuv").replace("gbrap", "gbrp")
    same = {"nv12": "yuv420p", "nv21": "yuv420p", "p010le": "yuv420p10le", "nv16": "yuv422p", "p210le": "yuv422p10le"}
    same |= {"uyvy422": "yuv422p", "yuyv422": "yuv422p", "rgba": "rgb24", "argb": "rgb24"}
    if name.startswith(("gray", "ya", "mono")):
        return "yuv420p" + next((f"{bits}le" for bits in (10, 12, 14, 16) if str(bits) in name), "")
    return same.get(name, name)


def _odd(name: str) -> bool:
    """Formats that hold less than they seem to, or more than is needed."""
    return name.startswith(("gray", "ya", "pal", "mono", "yuva", "gbrap", "rgb5", "bgr5", "nv", "yuvj")) or "f" in name


def _chroma(form: Any) -> tuple[int, int]:
    """How many chroma samples there are in 64 x 64 pixels, across and down."""
    return (64, 64) if form.is_rgb else (form.chroma_width(64), form.chroma_height(64))


def _shortcomings(facts: ClipFacts, pixel_format: str) -> list[str]:
    from av import VideoFormat

    notes = []
    given, written = VideoFormat(facts.pixel_format, 64, 64), VideoFormat(pixel_format, 64, 64)
    if depth_of(written) < facts.bits:
        notes.append(f"the result has {depth_of(written)} bits per channel, the clip {facts.bits}")
    if _chroma(written) < _chroma(given) and not facts.pixel_format.startswith("gray"):
        notes.append(f"the result has coarser chroma ({pixel_format}) than the clip ({facts.pixel_format})")
    if any(part.is_alpha for part in given.components):
        notes.append("its transparency is not kept")
    if facts.interlaced:
        notes.append("its fields are written as progressive frames")
    return notes


def _tags(facts: ClipFacts, pixel_format: str) -> tuple[int, int, int]:
    """The matrix of the written pixels, and what is tagged: what the source tagged, and nothing where it tagged nothing.

    Two exceptions: R'G'B' that becomes Y'CbCr says by which matrix; and an untagged clip that is turned across the 720
    rows by which players guess the matrix says what was assumed.
    """
    from av import VideoFormat

    tags = facts.tags
    if VideoFormat(pixel_format).is_rgb:
        return 0, 0, FULL
    if tags.used_matrix == 0:
        matrix = BT709 if facts.upright_size[0] >= HD_ROWS else SMPTE170M
        return matrix, matrix, 1
    guessed_alike = (facts.size[0] >= HD_ROWS) == (facts.upright_size[0] >= HD_ROWS)
    tagged = tags.used_matrix if tags.matrix == UNTAGGED and not guessed_alike else tags.matrix
    return tags.used_matrix, tagged, tags.used_range if tags.used_range == FULL else tags.range


def _profile(encoder: str, pixel_format: str, profile: str | None) -> dict[str, str]:
    """The source's flavour of a codec that comes in several."""
    if encoder == "prores_ks":
        deep = pixel_format.startswith("yuv444")
        return {"profile": _PRORES.get(profile or "", "4" if deep else "3"), "vendor": "apl0"}
    if encoder == "dnxhd":
        return {
            "profile": "dnxhr_444" if "444" in pixel_format else "dnxhr_hqx" if "10" in pixel_format else "dnxhr_hq"
        }
    return {}
