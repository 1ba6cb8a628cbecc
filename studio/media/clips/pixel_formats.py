"""FFmpeg's pixel formats: what they hold, which can be graded, and which one an encoder is best given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from studio.media.clips.av_types import VideoFormat, VideoFrame

PALETTE = "pal8"
"""Indices into a palette of 256 colours, which each frame brings along."""
_NOT_GRADED = {
    r"f16|f32|32[bl]e|128|96[bl]e": "hold values beyond black and white (floating point, or 32 bits)",
    r"^bayer": "are the raw data of a sensor",
    r"^xyz": "are those of digital cinema (X'Y'Z')",
    r"^(rgb4|bgr4)$|^(amf|cuda|d3d1|dxva|drm_|media|mmal|ohcodec|opencl|qsv|vaapi|vdpau|videotoolbox|vulkan)": "cannot be read",
    r"^(v30x|x2bgr10|x2rgb10|xv30|y210|y212|y216)be$": "cannot be read",
}
"""Names of formats that are refused, as patterns, and why. FFmpeg's scaler ends the whole process over some of them."""

_FEW = re.compile(r"(rgb|bgr)(5|4(?!8)|8$)")
"""R'G'B' in 16 bits and fewer for all three."""


def refusal(name: str) -> str | None:
    """Why pixels of a format cannot be graded, to follow on "its pixels"; None where they can."""
    return next((why for pattern, why in _NOT_GRADED.items() if re.search(pattern, name)), None)


def has_rgb(name: str) -> bool:
    """Whether pixels of a format are R'G'B', also by way of a palette."""
    from av import VideoFormat

    return name == PALETTE or VideoFormat(name).is_rgb


def is_grey(name: str) -> bool:
    """Whether pixels of a format have luma and no chroma, such as ``gray10le``, ``ya8`` or ``monob``."""
    return name.startswith(("gray", "ya", "mono"))


def has_few(name: str) -> bool:
    """Whether a format has so few colours that a grade would band or dither them: a palette, black and white, 5 bits."""
    return name.startswith(("pal8", "mono")) or _FEW.match(name) is not None


def has_alpha(name: str) -> bool:
    """Whether pixels of a format have alpha. Those of a palette may or may not: :func:`is_transparent`."""
    from av import VideoFormat

    return any(part.is_alpha for part in VideoFormat(name).components)


def is_transparent(frame: VideoFrame) -> bool:
    """Whether a frame has alpha: by its format or, with a palette, by the colours that its pixels use."""
    if frame.format.name != PALETTE:
        return has_alpha(frame.format.name)
    plane = frame.planes[0]
    rows: np.ndarray = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    alpha = np.frombuffer(memoryview(frame.planes[1]), np.uint32) >> 24  # FFmpeg's palettes are 0xAARRGGBB
    used = alpha[np.unique(rows[:, : plane.width])]
    return bool((used < 255).any() and used.any())  # some decoders leave the alpha of all colours 0


def depth_of(pixel_format: VideoFormat) -> int:
    """Bits per channel of a pixel format, rounded up to a depth for which FFmpeg has planar formats: 8 to 16."""
    bits = max(part.bits for part in pixel_format.components)
    return next((depth for depth in (8, 9, 10, 12, 14, 16) if depth >= bits), 16)


def planar(is_rgb: bool, bits: int, *, alpha: bool = False) -> str:
    """FFmpeg's name of the planar pixel format with full chroma resolution, for R'G'B' or Y'CbCr."""
    name = ("gbrap" if alpha else "gbrp") if is_rgb else ("yuva444p" if alpha else "yuv444p")
    return name + ("" if bits == 8 else f"{bits}le")


def nearest_format(wanted: str, offered: list[str], *, alpha: bool = False) -> str:
    """The offered pixel format that loses least of the wanted one: least depth first, then least chroma resolution.

    Among equals it is the one that wastes least. The order of bytes does not count.

    Args:
        wanted: FFmpeg's name of the clip's pixel format.
        offered: the names of the formats that an encoder takes; an encoder that names none (raw video) takes any.
        alpha: whether alpha is to be kept: then a format that has it is preferred to all others.
    """
    from av import VideoFormat

    plain = _plain(wanted, alpha=alpha)
    if not offered:
        return plain if has_few(wanted) or is_grey(wanted) else wanted
    if plain in offered:
        return plain

    def properties(name: str) -> tuple[int, bool, int, int]:
        form = VideoFormat(name, 64, 64)
        return depth_of(form), form.is_rgb, *chroma(form)

    depth, is_rgb, across, down = properties(plain)

    def loss(name: str) -> tuple[int, int, int, int, int]:
        has_depth, has_rgb, has_across, has_down = properties(name)
        lost = max(0, across - has_across) + max(0, down - has_down)
        spare = max(0, has_across - across) + max(0, has_down - down)
        return max(0, depth - has_depth), lost, has_rgb != is_rgb, max(0, has_depth - depth), spare

    with_alpha = [name for name in offered if alpha and not _odd(name) and has_alpha(name)]
    usable = [name for name in offered if not _odd(name) and not has_alpha(name)]
    return min(with_alpha or usable or offered, key=loss)


def _plain(name: str, *, alpha: bool) -> str:
    """The name of the planar, little-endian pixel format that holds the same picture, with or without its alpha.

    Grey becomes 4:2:0 Y'CbCr, since a grade may colour it; a palette becomes R'G'B' for the same reason.
    """
    if _FEW.match(name):
        return "rgb24"  # a grade spreads the few codes that it has
    if name.startswith(("yuv", "gbr")):
        name = re.sub(r"msb([bl]e)$", r"\1", name.replace("yuvj", "yuv"))
        name = re.sub(r"be$", "le", name)
    if alpha:
        return {PALETTE: "rgba", "ya8": "yuva420p", "ya16le": "yuva420p16le", "ya16be": "yuva420p16le"}.get(name, name)
    name = name.replace("yuva", "yuv").replace("gbrap", "gbrp")
    same = {"nv12": "yuv420p", "nv21": "yuv420p", "p010le": "yuv420p10le", "nv16": "yuv422p", "p210le": "yuv422p10le"}
    same |= {"uyvy422": "yuv422p", "yuyv422": "yuv422p", "rgba": "rgb24", "argb": "rgb24", PALETTE: "rgb24"}
    if is_grey(name):
        return "yuv420p" + next((f"{bits}le" for bits in (10, 12, 14, 16) if str(bits) in name), "")
    return same.get(name, name)


def _odd(name: str) -> bool:
    """Whether a format is to be avoided: it holds less than its depth suggests (grey, palettes), or is not read here."""
    few = name.startswith(("gray", "ya", "pal", "mono", "nv", "yuvj")) or _FEW.match(name)
    return bool(few) or refusal(name) is not None


def chroma(form: VideoFormat) -> tuple[int, int]:
    """How many chroma samples 64 x 64 pixels have, horizontally and vertically."""
    return (64, 64) if has_rgb(form.name) else (form.chroma_width(64), form.chroma_height(64))
