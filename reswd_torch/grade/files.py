"""The contents of .cc, .ccc, .cdl and .cube files, read and written by OpenColorIO.

:mod:`reswd_torch.grade.formats` says which suffix is read and written by which of these functions.

OpenColorIO is what Nuke, Blender and many others read these files with, so what it accepts here opens there.
Specifications: ASC CDL v1.2 (XML, namespace urn:ASC:CDL:v1.01); Iridas / Adobe Cube LUT 1.0 (red changes fastest).
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.foreign_text import cube_text, first_correction
from reswd_torch.grade.lut3d import Lut3D
from reswd_torch.grade.transforms import cdl_transform, lut_transform
from reswd_torch.written import written_beside

FOREIGN_LATTICE = 65
"""Number of points along one axis to which a .cube with a 1-D shaper or another domain is re-sampled."""


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
    metadata.addChildElement("Description", _one_line(description))
    metadata.addChildElement("InputDescription", _one_line(encoding))
    metadata.addChildElement("ViewingDescription", _one_line(encoding))
    group = ocio.GroupTransform([transform])
    xml = str(group.write(element, ocio.Config.CreateRaw()))
    # OpenColorIO 2.5 and 2.6 escape descriptions twice: "me & you" would be shown as "me &amp; you".
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + re.sub(r"&amp;(amp|lt|gt|quot|apos);", r"&\1;", xml)


def write_cube(path: Path, lut: Lut3D, *, comments: tuple[str, ...] = ()) -> None:
    """Write a lattice as an Iridas .cube with six decimals and the domain 0..1.

    Args:
        path: where to.
        lut: the lattice.
        comments: lines that are written at the head of the file.

    Raises:
        InputError: the file cannot be written.
    """
    write_text_atomically(path, baked_cube(lut, comments=comments))


def baked_cube(lut: Lut3D, *, comments: tuple[str, ...] = ()) -> str:
    """The text that :func:`write_cube` writes; arguments as there."""
    import PyOpenColorIO as ocio

    config = ocio.Config()
    config.setMajorVersion(2)
    graded = ocio.ColorSpace(ocio.REFERENCE_SPACE_SCENE, "graded")
    graded.setTransform(lut_transform(lut.values.numpy()), ocio.COLORSPACE_DIR_FROM_REFERENCE)
    config.addColorSpace(ocio.ColorSpace(ocio.REFERENCE_SPACE_SCENE, "plain"))
    config.addColorSpace(graded)
    baker = ocio.Baker()
    baker.setConfig(config)
    baker.setFormat("iridas_cube")
    baker.setInputSpace("plain")
    baker.setTargetSpace("graded")
    baker.setCubeSize(lut.size)
    for comment in comments:
        baker.getFormatMetadata().addChildElement("Comment", _one_line(comment))
    return str(baker.bake())


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


def read_cube(path: Path) -> tuple[Lut3D, tuple[str, ...]]:
    """Read a .cube: a 3-D LUT, a 1-D LUT or both.

    OpenColorIO is given a copy that holds what :func:`~reswd_torch.grade.foreign_text.cube_text` has understood, under a harmless
    path: OpenColorIO takes ``$NAME`` and ``%NAME%`` in a path for variables.

    Args:
        path: the file. A 1-D LUT, or a domain other than 0..1, is re-sampled to ``FOREIGN_LATTICE`` points.

    Returns:
        The lattice, and notes on what was assumed.

    Raises:
        InputError: the file is not readable.
    """
    text = cube_text(path)
    with tempfile.TemporaryDirectory(prefix="reswd-") as folder:
        copy = Path(folder) / "grade.cube"
        copy.write_text(text, encoding="ascii")
        try:
            return _read_cube_copy(copy)
        except InputError as error:
            raise InputError(str(error).replace(str(copy), str(path))) from error


def _read_cube_copy(path: Path) -> tuple[Lut3D, tuple[str, ...]]:
    ocio = _opencolorio()
    # "Best" is tetrahedral for a 3-D table and linear for a 1-D table, which would warn about tetrahedral interpolation.
    transform = ocio.FileTransform(src=str(path), interpolation=ocio.INTERP_BEST)
    try:
        processor = ocio.Config.CreateRaw().getProcessor(transform)
        steps = list(processor.createGroupTransform())
        if len(steps) == 1 and isinstance(steps[0], ocio.Lut3DTransform):
            size = steps[0].getGridSize()
            data = np.array(steps[0].getData(), dtype=np.float32).reshape(size, size, size, 3)
            lut = Lut3D(torch.from_numpy(data).clamp(0.0, 1.0))
            outside = bool((data < 0).any() or (data > 1).any())
            return lut, (("the .cube holds values outside 0..1; they were clamped",) if outside else ())
        lattice_in = Lut3D.sample(lambda rgb: rgb, FOREIGN_LATTICE).values.numpy().reshape(-1, 3).copy()
        processor.getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS).applyRGB(lattice_in)
    except (ocio.Exception, ocio.ExceptionMissingFile, RuntimeError) as error:
        raise InputError(f"{path}: not a readable .cube ({_reason(error)}); export it again as a 3-D .cube") from error
    values = torch.from_numpy(lattice_in).clamp(0.0, 1.0).reshape(*[FOREIGN_LATTICE] * 3, 3)
    note = f"the .cube holds a 1-D curve or another domain; it was re-sampled to {FOREIGN_LATTICE} points over 0..1"
    return Lut3D(values), (note,)


def _opencolorio() -> ModuleType:
    """OpenColorIO for reading. It keeps files by name, and would return what was in the file before: it forgets them here."""
    import PyOpenColorIO as ocio

    ocio.ClearAllCaches()
    return ocio


def write_text_atomically(path: Path, text: str) -> None:
    """Write a file beside the path and rename it, so that a killed run leaves either the old file or the whole new one.

    Raises:
        InputError: the folder is missing or not writable.
    """
    # tempfile is not used: its files are private, and reading the umask to make them public is not safe with threads.
    try:
        with written_beside(path) as temporary, temporary.open("x", encoding="utf-8", newline="\n") as out:
            out.write(text)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}); choose a folder that exists and is writable"
        ) from error


def _one_line(text: str) -> str:
    """The text without line breaks, control characters, and what UTF-8 has no code for (file names in other encodings)."""
    readable = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join("".join(c if c.isprintable() else " " for c in readable).split())


def _reason(error: BaseException) -> str:
    """The reader's own complaint, which OpenColorIO puts behind a general sentence and the path."""
    text = " ".join(str(error).split())
    found = re.search(r"failed with: (.*?)(?= '\w+' failed with|$)", text)
    told = re.sub(r"\(/[^)]*\)|\([A-Za-z]:[^)]*\)", "", found[1] if found else text)
    return " ".join(told.split()).replace(" .", ".")[:200].rstrip(". ") or type(error).__name__
