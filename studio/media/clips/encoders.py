"""The choice of the encoder, its pixel format and its quality: the source's own codec wherever it can be written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from reswd_torch.errors import InputError
from studio.media.clips.containers import VPX, Holds
from studio.media.clips.pixel_formats import chroma, depth_of, has_alpha, has_few, has_rgb, is_grey, nearest_format
from studio.media.clips.read import ClipFacts
from studio.media.clips.tags import BT709, FULL, HD_ROWS, LIMITED, SMPTE170M, UNTAGGED

if TYPE_CHECKING:
    from studio.media.clips.av_types import VideoCodecContext

_QUALITY: dict[str, tuple[str, dict[str, str]]] = {
    "av1": ("libsvtav1", {"crf": "16", "preset": "8"}),
    "cfhd": ("cfhd", {"quality": "film3+"}),
    "dnxhd": ("dnxhd", {}),
    "dvvideo": ("dvvideo", {}),
    "ffv1": ("ffv1", {"level": "3", "slicecrc": "1"}),
    "flv1": ("flv", {"qmin": "1", "qmax": "2"}),
    "h263": ("h263", {"qmin": "1", "qmax": "2"}),
    "h264": ("libx264", {"crf": "14", "preset": "fast"}),
    "hevc": ("libx265", {"crf": "14", "preset": "fast", "x265-params": "log-level=none"}),
    "jpeg2000": ("jpeg2000", {"pred": "1"}),
    "mjpeg": ("mjpeg", {"qmin": "2", "qmax": "2"}),
    "mpeg1video": ("mpeg1video", {"qmin": "1", "qmax": "2"}),
    "mpeg2video": ("mpeg2video", {"qmin": "1", "qmax": "2"}),
    "mpeg4": ("mpeg4", {"qmin": "1", "qmax": "2"}),
    "msmpeg4v3": ("msmpeg4", {"qmin": "1", "qmax": "2"}),
    "prores": ("prores_ks", {}),
    "vp8": ("libvpx", {"crf": "4", "b": "40M", "qmin": "0", "qmax": "20", "cpu-used": "3"}),
    "vp9": ("libvpx-vp9", {"crf": "12", "b": "0", "row-mt": "1", "cpu-used": "4"}),
    "wmv1": ("wmv1", {"qmin": "1", "qmax": "2"}),
    "wmv2": ("wmv2", {"qmin": "1", "qmax": "2"}),
}
"""The encoder of each codec, with options of a quality at which the loss is too small to be seen."""
_EXACT = {
    "apng", "avrp", "dpx", "ffvhuff", "flashsv", "huffyuv", "jpegls", "magicyuv", "png", "qtrle", "r10k", "r210", "rawvideo",
    "sgi", "targa", "tiff", "utvideo", "v210", "v308", "v408", "v410", "y41p", "yuv4", "zlib", "zmbv",
}  # fmt: skip
"""Codecs without loss, whose encoders are called like them and need no options. Every other codec that is in neither list
(Cinepak, GIF, Microsoft Video 1, …) has an encoder that spoils the picture, or none, and another codec takes its place."""
_OTHERWISE = ("h264", "vp9", "mpeg2video", "mpeg4")
"""Codecs to try, in this order, where the source's codec has no good encoder here or the container does not hold it."""
_OTHERWISE_HDR = ("hevc", "av1")
"""Codecs to try before these for HDR, of which they are the usual ones."""
_WITH_ALPHA = ("prores", "png", "vp9")
"""Codecs to try before these for a clip with transparency; for one of R'G'B' the second one first, which loses nothing."""
_PRORES = {"Proxy": "0", "LT": "1", "Standard": "2", "HQ": "3", "4444": "4", "XQ": "5"}
"""FFmpeg's option for each profile of ProRes."""
_FRAME_DURATION = 1 << 8
"""AV_CODEC_FLAG_FRAME_DURATION: packets last as long as their frames did."""
_REORDERS_DURATION = 1 << 20
"""AV_CODEC_CAP_ENCODER_REORDERED_OPAQUE: the encoder keeps what belongs to a frame with it, such as its duration."""


@dataclass(frozen=True)
class Encoding:
    """How the picture is encoded.

    Attributes:
        encoder: FFmpeg's name of the encoder.
        pixel_format: FFmpeg's name of the pixel format of the frames that it gets.
        options: the encoder's private options.
        time_base: seconds per unit of the frames' times.
        matrix: the matrix of the frames, by its H.273 number; 0 for R'G'B'.
        used_range: the range of the frames: 1 limited, 2 full.
        tagged_matrix: the matrix that the file is tagged with; 2 for no tag.
        range: the range that the file is tagged with: 1 limited, 2 full, 0 for no tag.
        notes: sentences that say where the result falls short of the source.
        keeps_light: whether the result says about light what the source does.
    """

    encoder: str
    pixel_format: str
    options: dict[str, str]
    time_base: Fraction
    matrix: int
    used_range: int
    tagged_matrix: int
    range: int
    notes: tuple[str, ...] = field(default=())
    keeps_light: bool = False

    def set_up(self, context: VideoCodecContext, facts: ClipFacts) -> None:
        """Set all parameters of a codec context that is not open yet.

        Args:
            context: the context of ``encoder``.
            facts: the source clip, which the size, the rate, the shape of pixels and the tags are taken from.
        """
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


def choose_encoding(facts: ClipFacts, holds: Holds) -> Encoding:
    """Choose how to encode the picture: with the source's own codec or, failing that, the first other one that works.

    HDR is rather given to another codec than written in fewer bits, in which its steps are seen.

    Args:
        facts: the source clip.
        holds: what the container can hold.

    Raises:
        InputError: no encoder can be opened whose output the container holds.
    """
    candidates = _candidates(facts, holds)
    if facts.tags.is_hdr:
        candidates = iter(sorted(candidates, key=lambda one: _bits_of(one.pixel_format) < facts.bits))
    for encoding in candidates:
        if holds.picture(encoding.encoder) and _opens(encoding, facts):
            return encoding
    raise InputError(
        f"{facts.path}: no encoder is there for {facts.codec} in such a file: give an output that ends in .mp4"
    )


def _candidates(facts: ClipFacts, holds: Holds) -> Iterator[Encoding]:
    """Encodings to try, best first: each codec with the times of the clip, then with one unit per frame."""
    from av.codec import Codec
    from av.codec.codec import UnknownCodecError

    own = (facts.codec,) if facts.codec in _QUALITY or facts.codec in _EXACT else ()
    exact: tuple[str, ...] = _WITH_ALPHA if facts.alpha else ("png",) if has_few(facts.pixel_format) else ()
    if has_rgb(facts.pixel_format):
        exact = tuple(sorted(exact))
    otherwise = (*_OTHERWISE_HDR, *_OTHERWISE) if facts.tags.is_hdr else _OTHERWISE
    for codec in (*own, *exact, *otherwise):
        name, options = _QUALITY.get(codec, (codec, {}))
        try:
            offered = [form.name for form in Codec(name, "w").video_formats or ()]
        except UnknownCodecError:
            continue
        alpha = facts.alpha and holds.alpha(name)
        if codec in exact and codec not in own and not holds.alpha(name):
            continue
        pixel_format = nearest_format(facts.pixel_format, offered, alpha=alpha)
        notes = [] if codec == facts.codec else [f"{facts.codec} cannot be written there: the result is {codec}"]
        notes += _shortcomings(facts, pixel_format)
        chosen = {**options, **_profile(name, pixel_format, facts.profile)}
        if name in VPX and has_alpha(pixel_format):
            chosen["auto-alt-ref"] = "0"  # libvpx does not write alpha with it
        lit = None if facts.light is None else facts.light.given_to(name, chosen)
        chosen = chosen if lit is None else lit
        ways = _ways(facts, name, pixel_format, keeps_full=holds.full_range(name))
        for time_base in (facts.time_base, 1 / facts.rate if facts.rate else facts.time_base):
            yield Encoding(name, pixel_format, chosen, time_base, *ways, tuple(notes), lit is not None)


def _bits_of(pixel_format: str) -> int:
    from av import VideoFormat

    return depth_of(VideoFormat(pixel_format, 64, 64))


def _opens(encoding: Encoding, facts: ClipFacts) -> bool:
    """Whether the encoder accepts the parameters; it is opened for a moment, before anything is written."""
    from av import CodecContext
    from av.error import FFmpegError
    from av.video.codeccontext import VideoCodecContext

    os.environ.setdefault("SVT_LOG", "0")  # the only way to keep SVT-AV1 quiet; what goes wrong comes as an error too
    context = CodecContext.create(encoding.encoder, "w")
    assert isinstance(context, VideoCodecContext)
    try:
        encoding.set_up(context, facts)
        context.open()
    except (FFmpegError, ValueError):
        return False
    return True


def _shortcomings(facts: ClipFacts, pixel_format: str) -> list[str]:
    """Sentences that say what of the clip a result of this pixel format does not hold."""
    from av import VideoFormat

    notes = []
    given, written = VideoFormat(facts.pixel_format, 64, 64), VideoFormat(pixel_format, 64, 64)
    if depth_of(written) < facts.bits:
        notes.append(f"the result has {depth_of(written)} bits per channel, the clip {facts.bits}")
    if chroma(written) < chroma(given) and not is_grey(facts.pixel_format):
        notes.append(f"the result has coarser chroma ({pixel_format}) than the clip ({facts.pixel_format})")
    if facts.alpha and not has_alpha(pixel_format):
        notes.append("its transparency is not kept")
    if facts.interlaced:
        notes.append("its fields are written as progressive frames")
    return notes


def _ways(facts: ClipFacts, encoder: str, pixel_format: str, *, keeps_full: bool) -> tuple[int, int, int, int]:
    """The matrix and the range of the written pixels, and the matrix and the range to tag the file with.

    The file has the tags of the source, and none where the source has none, with these exceptions. When R'G'B' or grey becomes
    Y'CbCr, the range is limited and the matrix is tagged, and so it is where the source's tag means no Y'CbCr. The range is
    limited too where the result could not say that it is full. The assumed matrix of an untagged clip is tagged that has less
    than 720 rows before it is turned upright and more afterwards, or the other way round, because players guess the matrix by
    the number of rows.
    """
    from av import VideoFormat

    tags = facts.tags
    if VideoFormat(pixel_format).is_rgb:
        return 0, FULL, 0, FULL
    if tags.used_matrix == 0:
        matrix = BT709 if facts.upright_size[0] >= HD_ROWS else SMPTE170M
        range_ = FULL if encoder == "mjpeg" else LIMITED  # JPEG has no limited range
        return matrix, range_, matrix, range_
    guessed_alike = (facts.size[0] >= HD_ROWS) == (facts.upright_size[0] >= HD_ROWS)
    keeps = tags.matrix not in (UNTAGGED, 0, 3) or (tags.matrix == UNTAGGED and guessed_alike)
    tagged = tags.matrix if keeps else tags.used_matrix
    if encoder == "mjpeg":
        return tags.used_matrix, FULL, tagged, FULL
    if is_grey(facts.pixel_format) or (tags.used_range == FULL and not keeps_full):
        return tags.used_matrix, LIMITED, tagged, LIMITED
    return tags.used_matrix, tags.used_range, tagged, tags.used_range if tags.used_range == FULL else tags.range


def _profile(encoder: str, pixel_format: str, profile: str | None) -> dict[str, str]:
    """Encoder options for the source's profile, of codecs whose profiles differ in quality."""
    if encoder == "prores_ks":
        fallback = "4" if pixel_format.startswith("yuv444") else "3"
        return {"profile": _PRORES.get(profile or "", fallback), "vendor": "apl0"}
    if encoder == "dnxhd":
        flavour = "444" if "444" in pixel_format else "hqx" if "10" in pixel_format else "hq"
        return {"profile": f"dnxhr_{flavour}"}
    return {}
