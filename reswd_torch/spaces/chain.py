"""A grade with the conversions around it: from the source's space to the working space, the grade, and to the output space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.errors import InputError
from reswd_torch.grade.files import one_line
from reswd_torch.grade.kinds import Transform
from reswd_torch.grade.through_opencolorio import operations_for
from reswd_torch.spaces.choice import SpaceChoice
from reswd_torch.spaces.config import load_config, said
from reswd_torch.spaces.convert import Converter, delivery
from reswd_torch.spaces.names import DISPLAY, kind_of

if TYPE_CHECKING:
    import PyOpenColorIO as ocio

_SIZE = 65
"""Lattice points along one axis for the few grades that have to be sampled."""


def clamps(choice: SpaceChoice) -> bool:
    """Whether ten numbers clamp in the working space: see :func:`graded_operations`."""
    return kind_of(load_config(choice.config), choice.working) == DISPLAY


def graded_operations(choice: SpaceChoice, transform: Transform, cube_size: int = _SIZE) -> list[ocio.Transform]:
    """A grade in the working space, as operations of OpenColorIO.

    Ten numbers clamp to 0..1 as the ASC CDL says only where the working space is that of a display. In a logarithm, where colours
    lie beyond 0..1, they do not: values of ACEScct "should not be clamped" (S-2016-001, introduction), and OpenColorIO reads
    .cc, .ccc and .cdl so unless it is told otherwise. A lattice clamps what goes in to its domain.
    """
    import PyOpenColorIO as ocio

    operations = operations_for(transform, cube_size)
    for each in operations:
        if isinstance(each, ocio.CDLTransform) and not clamps(choice):
            each.setStyle(ocio.CDL_NO_CLAMP)
    return operations


def operations_through(
    choice: SpaceChoice, transform: Transform | None, cube_size: int = _SIZE
) -> tuple[ocio.Transform, ...]:
    """A grade with the conversions around it, as operations of OpenColorIO that refer to no config.

    Args:
        choice: the spaces.
        transform: the grade, at its strength; None for the conversions alone.
        cube_size: lattice points along one axis where the grade has to be sampled.
    """
    if transform is None:
        return tuple(delivery(choice.config, choice.source, choice.output).processor.createGroupTransform())
    ahead, behind = (
        delivery(choice.config, *ends).processor.createGroupTransform()
        for ends in ((choice.source, choice.working), (choice.working, choice.output))
    )
    return (*ahead, *graded_operations(choice, transform, cube_size), *behind)


def through(choice: SpaceChoice, transform: Transform | None) -> Converter:
    """What takes code values of the source to those of the result; arguments as for :func:`operations_through`."""
    return _converter(operations_through(choice, transform))


def graded_in(choice: SpaceChoice, transform: Transform) -> Converter:
    """The grade alone, from the working space to the working space."""
    return _converter(tuple(graded_operations(choice, transform)))


def _converter(operations: tuple[ocio.Transform, ...]) -> Converter:
    import PyOpenColorIO as ocio

    return Converter(ocio.Config.CreateRaw().getProcessor(ocio.GroupTransform(list(operations))))


def process_list_text(
    choice: SpaceChoice, transform: Transform | None, name: str, *, suffix: str, description: str, cube_size: int
) -> str:
    """The XML of a .clf or .ctf that takes code values of the source to those of the result.

    Args:
        choice: the spaces.
        transform: the grade, at its strength; None for the conversions alone.
        name: OpenColorIO's name of the format.
        suffix: of the file, for the message.
        description: free text, shown by grading programs.
        cube_size: lattice points along one axis where the grade has to be sampled.

    Raises:
        InputError: the format has no place for an operation of a space.
    """
    import PyOpenColorIO as ocio

    group = ocio.GroupTransform(list(operations_through(choice, transform, cube_size)))
    metadata = group.getFormatMetadata()
    metadata.setID("reswd")
    metadata.addChildElement("Description", one_line(description))
    metadata.addChildElement("InputDescriptor", one_line(choice.source))
    metadata.addChildElement("OutputDescriptor", one_line(choice.output))
    try:
        return str(group.write(name, ocio.Config.CreateRaw()))
    except ocio.Exception as error:
        other = "save it as .ctf" if suffix == ".clf" else "save it as .cube, which holds the grade alone"
        raise InputError(f"{suffix} has no place for the way {choice.in_words()} ({said(error)}): {other}") from error
