"""The contents of .cc, .ccc, .cdl and .cube files.

:mod:`reswd_torch.grade.formats` says which suffix is read and written by which of these functions.

OpenColorIO writes them, which is what Nuke, Blender and many others read these files with. It reads none: files from elsewhere
can hold what it would follow out of the file. Specifications: ASC CDL v1.2 (XML, namespace urn:ASC:CDL:v1.01); Iridas / Adobe
Cube LUT 1.0 (red changes fastest).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import Cdl, triple
from reswd_torch.grade.constants import Triple
from reswd_torch.grade.cube_file import read_tables
from reswd_torch.grade.cube_header import WHOLE, CubeHeader
from reswd_torch.grade.foreign_text import first_correction
from reswd_torch.grade.lut1d import Lut1D
from reswd_torch.grade.lut3d import Lut3D
from reswd_torch.grade.lut_chain import LutChain
from reswd_torch.grade.transforms import cdl_transform, lut_transform
from reswd_torch.written import written_beside


def write_cdl(path: Path, cdl: Cdl, *, element: str, description: str, encoding: str) -> None:
    """Write ten numbers as .cc, .ccc or .cdl.

    Args:
        path: where to.
        cdl: the grade.
        element: the root element of the XML, which is also OpenColorIO's name of the format: ``ColorCorrection`` (.cc),
            ``ColorCorrectionCollection`` (.ccc) or ``ColorDecisionList`` (.cdl).
        description: free text, shown by grading programs.
        encoding: the colour encoding that the grade expects, stored as InputDescription and ViewingDescription.

    Raises:
        InputError: the file cannot be written.
    """
    write_text_atomically(path, cdl_text(cdl, element=element, description=description, encoding=encoding))


def cdl_text(cdl: Cdl, *, element: str, description: str, encoding: str) -> str:
    """The XML that :func:`write_cdl` writes; arguments as there."""
    import PyOpenColorIO as ocio

    transform = cdl_transform(cdl)
    metadata = transform.getFormatMetadata()
    metadata.setID("reswd")
    metadata.addChildElement("Description", one_line(description))
    metadata.addChildElement("InputDescription", one_line(encoding))
    metadata.addChildElement("ViewingDescription", one_line(encoding))
    group = ocio.GroupTransform([transform])
    xml = str(group.write(element, ocio.Config.CreateRaw()))
    return _once_escaped(xml)


def _once_escaped(xml: str) -> str:
    """XML with its declaration, mended: OpenColorIO 2.5 and 2.6 escape descriptions twice, "me & you" as "me &amp;amp; you"."""
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + re.sub(r"&amp;(amp|lt|gt|quot|apos);", r"&\1;", xml)


def write_collection(path: Path, corrections: Sequence[tuple[str, Cdl, str]]) -> None:
    """Write several grades as one .ccc.

    Args:
        path: where to.
        corrections: the name (``id``), the ten numbers and a description of each.

    Raises:
        InputError: the file cannot be written.
    """
    import PyOpenColorIO as ocio

    transforms = []
    for name, cdl, description in corrections:
        transform = cdl_transform(cdl)
        transform.getFormatMetadata().setID(one_line(name))
        transform.getFormatMetadata().addChildElement("Description", one_line(description))
        transforms.append(transform)
    group = ocio.GroupTransform(transforms)
    write_text_atomically(path, _once_escaped(str(group.write("ColorCorrectionCollection", ocio.Config.CreateRaw()))))


def write_cube(path: Path, lut: Lut3D | LutChain, *, comments: tuple[str, ...] = ()) -> None:
    """Write a lattice as an Iridas .cube with six decimals and the domain 0..1, or a chain as tables with all their digits.

    Args:
        path: where to.
        lut: the grade, as :func:`~reswd_torch.grade.kinds.in_cube` gives it.
        comments: lines that are written at the head of the file.

    Raises:
        InputError: the file cannot be written.
    """
    text = tables_text(lut, comments=comments) if isinstance(lut, LutChain) else baked_cube(lut, comments=comments)
    write_text_atomically(path, text)


def baked_cube(lut: Lut3D, *, comments: tuple[str, ...] = ()) -> str:
    """The text of a lattice that :func:`write_cube` writes; arguments as there."""
    return baked(lut, "iridas_cube", comments=comments)


def baked(lut: Lut3D, name: str, *, comments: tuple[str, ...] = ()) -> str:
    """A lattice as text.

    Args:
        lut: the lattice.
        name: OpenColorIO's name of the format.
        comments: lines for the head of the file, where the format has a place for them.
    """
    import PyOpenColorIO as ocio

    config = ocio.Config()
    config.setMajorVersion(2)
    graded = ocio.ColorSpace(ocio.REFERENCE_SPACE_SCENE, "graded")
    graded.setTransform(lut_transform(lut.values.numpy()), ocio.COLORSPACE_DIR_FROM_REFERENCE)
    config.addColorSpace(ocio.ColorSpace(ocio.REFERENCE_SPACE_SCENE, "plain"))
    config.addColorSpace(graded)
    baker = ocio.Baker()
    baker.setConfig(config)
    baker.setFormat(name)
    baker.setInputSpace("plain")
    baker.setTargetSpace("graded")
    baker.setCubeSize(lut.size)
    for comment in comments:
        baker.getFormatMetadata().addChildElement("Comment", one_line(comment))
    return str(baker.bake())


def tables_text(chain: LutChain, *, comments: tuple[str, ...] = ()) -> str:
    """The text of tables that :func:`write_cube` writes; arguments as there.

    One table has its range of inputs as ``DOMAIN_MIN`` and ``DOMAIN_MAX`` (Adobe). Curves in front of a lattice are written as
    Resolve has them.
    """
    first, lattice = chain.curves[0], chain.lattice
    is_domain = lattice is not None and first.is_scale and len(chain.curves) == 1
    lines = [f"# {one_line(comment)}" for comment in comments]
    if lattice is None or is_domain:
        size = f"LUT_1D_SIZE {first.size}" if lattice is None else f"LUT_3D_SIZE {lattice.size}"
        lines += [size, f"DOMAIN_MIN {_digits(first.low)}", f"DOMAIN_MAX {_digits(first.high)}"]
    else:
        lines += [f"LUT_1D_SIZE {first.size}", f"LUT_1D_INPUT_RANGE {_digits((first.low[0], first.high[0]))}"]
        lines += [f"LUT_3D_SIZE {lattice.size}"]
        lines += [f"LUT_3D_INPUT_RANGE {_digits((scale.low[0], scale.high[0]))}" for scale in chain.curves[1:]]
    tables = [] if is_domain else [first.values]
    tables += [] if lattice is None else [lattice.values.permute(2, 1, 0, 3).reshape(-1, 3)]  # red fastest
    rows = (_digits(row) for table in tables for row in table.tolist())
    return "\n".join([*lines, *rows]) + "\n"


def _digits(numbers: Iterable[float]) -> str:
    """Numbers with as many digits as tell one float32 from every other."""
    return " ".join(f"{number:.9g}" for number in numbers)


def read_cdl(path: Path) -> tuple[Cdl, tuple[str, ...]]:
    """Read the ten numbers of a .cc, .ccc or .cdl.

    Args:
        path: the file. If it holds several corrections, the first is taken.

    Returns:
        The grade, and notes on what was assumed.

    Raises:
        InputError: the file is not readable, or holds numbers that a CDL cannot have.
    """
    found = first_correction(path)
    if found is None:
        raise InputError(f"{path}: holds no colour correction; export it again as .cc, .ccc or .cdl")
    cdl, count = found
    return cdl, (f"the file holds {count} corrections; the first is used",) if count > 1 else ()


def read_cube(path: Path) -> tuple[Lut3D | LutChain, tuple[str, ...]]:
    """Read a .cube: a 3-D LUT, a 1-D LUT, or both, of which the 1-D LUT comes first.

    A lattice over 0..1 becomes a :class:`Lut3D`, everything else a :class:`LutChain` of the tables as they are.

    ``LUT_IN_VIDEO_RANGE`` says that the LUT expects values in video range, so the values of a picture (full range) are scaled to
    64..940 of 1023 in front of it. ``LUT_OUT_VIDEO_RANGE`` says that it gives such values: they are scaled back behind it. That
    is what Resolve, which has these keywords, does to its pictures of full range. Both are straight lines, so they are taken into
    the range of inputs and into the entries.

    Args:
        path: the file.

    Returns:
        The grade, and notes on what was assumed.

    Raises:
        InputError: the file is not readable.
    """
    header, rows = read_tables(path)
    low, high = header.input_range()
    last = rows[header.curve_size if header.lattice_size else 0 :]
    notes = []
    if "LUT_IN_VIDEO_RANGE" in header.video:
        low, high = triple(_from_video(low)), triple(_from_video(high))
    if "LUT_OUT_VIDEO_RANGE" in header.video:
        last[...] = _from_video(last)
    if header.video:
        notes.append("the LUT is for video range; values were scaled from and to 64..940 of 1023")
    if last.min() < 0 or last.max() > 1:
        notes.append("the .cube holds values outside 0..1; colours are clipped behind it")
    return _chained(header, rows, low, high), tuple(notes)


def _chained(header: CubeHeader, rows: np.ndarray, low: Triple, high: Triple) -> Lut3D | LutChain:
    """The tables of a file; ``low`` and ``high`` are the inputs of the first."""
    steps: list[Lut1D | Lut3D] = []
    if header.curve_size:
        steps.append(Lut1D(torch.from_numpy(rows[: header.curve_size].copy()), low, high))
        if between := header.lattice_range():
            steps.append(Lut1D.scale(*between))
    elif (low, high) != WHOLE:
        steps.append(Lut1D.scale(low, high))
    if header.lattice_size:
        values = (
            rows[header.curve_size :].reshape(*[header.lattice_size] * 3, 3).transpose(2, 1, 0, 3)
        )  # it has red fastest
        steps.append(Lut3D(torch.from_numpy(np.ascontiguousarray(values)), foreign=True))
    only = steps[0]
    return only if len(steps) == 1 and isinstance(only, Lut3D) else LutChain(tuple(steps))


def _from_video(values: Triple | np.ndarray) -> np.ndarray:
    """Values in video range as values in full range: 64/1023 becomes 0, 940/1023 becomes 1."""
    return (np.asarray(values) * 1023 - 64) / 876


def write_text_atomically(path: Path, text: str) -> None:
    """:func:`write_bytes_atomically` for a text, in UTF-8."""
    write_bytes_atomically(path, text.encode("utf-8"))


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """Write a file beside the path and rename it, so that a killed run leaves either the old file or the whole new one.

    Raises:
        InputError: the folder is missing or not writable.
    """
    # tempfile is not used: its files are private, and reading the umask to make them public is not safe with threads.
    try:
        with written_beside(path) as temporary, temporary.open("xb") as out:
            out.write(content)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}); choose a folder that exists and is writable"
        ) from error


def one_line(text: str) -> str:
    """The text without line breaks, control characters, and what UTF-8 has no code for (file names in other encodings)."""
    readable = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join("".join(c if c.isprintable() else " " for c in readable).split())
