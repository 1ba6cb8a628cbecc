"""How another program applies a grade file: a line to copy into a shell, or into Nuke's script editor.

Sources: ffmpeg's documentation of filters, 11.152 lut3d, 11.109 haldclut, and of quoting, *Notes on filtergraph escaping*;
ImageMagick's ``-hald-clut``; oiiotool's ``--ociofiletransform``; Nuke's reference of OCIOFileTransform.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from reswd_torch.grade.formats import format_for

_OPENCOLORIO = (".cube", ".clf", ".ctf", ".3dl", ".spi3d", ".cc", ".ccc", ".cdl")
"""What OpenColorIO's FileTransform opens."""
_NUKE = (".cube", ".3dl", ".spi3d", ".cc", ".ccc")
"""What the reference of Nuke's OCIOFileTransform names."""


@dataclass(frozen=True)
class OneLiner:
    """A line.

    Attributes:
        program: who takes it.
        line: what to copy. ``IN`` and ``OUT`` stand for the files of the person who copies it.
    """

    program: str
    line: str


def one_liners(path: Path) -> list[OneLiner]:
    """The lines for a grade file, by its name; none where no program of these opens it.

    Args:
        path: the file, as a program is to find it.
    """
    found = format_for(path)
    suffix = "" if found is None else found.suffix
    lines = []
    if suffix == ".cube":
        lines.append(OneLiner("ffmpeg", f"ffmpeg -i IN.mov -vf {shlex.quote(_lut3d(path))} {_TAGS} OUT.mov"))
    if suffix == ".hald.png":
        file = shlex.quote(str(path))
        steps = f"[0]{_TO_RGB}[in];[in][1]haldclut=interp=tetrahedral,{_BACK}"
        lines.append(
            OneLiner("ffmpeg", f"ffmpeg -i IN.mov -i {file} -filter_complex {shlex.quote(steps)} {_TAGS} OUT.mov")
        )
        lines.append(OneLiner("ImageMagick", f"magick IN.png {file} -hald-clut OUT.png"))
    if suffix in _OPENCOLORIO:
        lines.append(OneLiner("oiiotool", f"oiiotool IN.png --ociofiletransform {shlex.quote(str(path))} -o OUT.png"))
    if suffix in _NUKE:
        # Python's notation of the name, with the slashes that Nuke has on every system.
        node = f"nuke.createNode('OCIOFileTransform')['file'].setValue({path.as_posix()!r})"
        lines.append(OneLiner("Nuke, script editor", node))
    return lines


_TO_RGB = "scale=in_color_matrix=bt709:flags=accurate_rnd+full_chroma_int+bicubic"
"""Clips of standard range are BT.709, whether tagged or not; ffmpeg by itself takes those without a tag for BT.601."""
_BACK = "scale=out_color_matrix=bt709:flags=accurate_rnd+full_chroma_int+bicubic"
_TAGS = "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -c:a copy"


def _lut3d(path: Path) -> str:
    return f"{_TO_RGB},lut3d=file={_in_a_filter(str(path))}:interp=tetrahedral,{_BACK}"


def _in_a_filter(name: str) -> str:
    """A file's name as the value of an option in a graph of filters: escaped for the option, and again for the graph."""
    for special in ("\\':", "\\'[],;"):
        name = "".join(f"\\{each}" if each in special else each for each in name)
    return name
