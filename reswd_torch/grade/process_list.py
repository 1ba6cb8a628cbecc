"""The contents of .clf and .ctf files: operations in XML (Common LUT Format, S-2014-006 version 3)."""

from __future__ import annotations

import math
import re
from pathlib import Path
from xml.etree import ElementTree

from reswd_torch.errors import InputError
from reswd_torch.grade.files import one_line, write_text_atomically
from reswd_torch.grade.foreign_text import WithoutTypes, content_of, decoded_xml, local_name
from reswd_torch.grade.kinds import Transform
from reswd_torch.grade.through_opencolorio import grade_of, operations_for, operations_of

LARGEST = 1 << 27
"""Largest file that is read, bytes. 129 lattice points along one axis take 70 MB."""
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


def write_process_list(
    path: Path, transform: Transform, name: str, *, description: str, encoding: str, cube_size: int
) -> None:
    """Write a grade as a list of operations.

    Args:
        path: where to.
        transform: the grade. Ten numbers stay ten numbers, a table stays a table.
        name: OpenColorIO's name of the format.
        description: free text, shown by grading programs.
        encoding: the colour encoding that the grade expects, stored as InputDescriptor and OutputDescriptor.
        cube_size: lattice points along one axis where the grade has to be sampled.

    Raises:
        InputError: the file cannot be written.
    """
    import PyOpenColorIO as ocio

    group = ocio.GroupTransform(operations_for(transform, cube_size))
    metadata = group.getFormatMetadata()
    metadata.setID("reswd")
    metadata.addChildElement("Description", one_line(description))
    metadata.addChildElement("InputDescriptor", one_line(encoding))
    metadata.addChildElement("OutputDescriptor", one_line(encoding))
    write_text_atomically(path, str(group.write(name, ocio.Config.CreateRaw())))


def read_process_list(path: Path) -> tuple[Transform, tuple[str, ...]]:
    """Read a list of operations.

    Returns:
        The grade, and notes on what was assumed.

    Raises:
        InputError: the file is not readable, declares a document type, or refers to another file.
    """
    content = decoded_xml(content_of(path, LARGEST))
    try:
        root = ElementTree.fromstring(content, ElementTree.XMLParser(target=WithoutTypes()))
        if local_name(root) != "ProcessList":
            raise ValueError(f"its root is {local_name(root)[:40]!r} and not ProcessList")
        for each in root.iter():
            _check(each)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        told = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not a readable {path.suffix} ({told}); export it again") from error
    text = content if isinstance(content, str) else content.decode("utf-8", "replace")
    return grade_of(operations_of(path, _DECLARATION.sub("", text, count=1)))


def _check(element: ElementTree.Element) -> None:
    """Raises ValueError for what OpenColorIO would follow out of the file, and for more entries than there are."""
    name = local_name(element)
    if name == "Reference":
        raise ValueError("it refers to another file")
    if name == "Array" and (words := element.get("dim", "").split()):
        if not all(re.fullmatch(r"[0-9]{1,9}", word, re.ASCII) for word in words):
            raise ValueError(f"an array of {' '.join(words)[:40]!r}")
        if math.prod(map(int, words[:3])) * 3 > 3 * len(element.text or "") + 9:
            raise ValueError(f"an array of {' '.join(words)[:40]!r} holds fewer entries")
