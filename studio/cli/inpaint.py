"""reswd inpaint: a repainted region gets the colours of what lies around it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reswd_torch.errors import InputError
from reswd_torch.inpainting.names import FEATHER
from studio.cli import options
from studio.cli.told import print_outcome
from studio.jobs import InpaintJob

if TYPE_CHECKING:
    from studio.service.inpaint import InpaintResult

_IMAGE = typer.Argument(help="The picture that was repainted.", show_default=False, metavar="IMAGE")
_GENERATED = typer.Argument(help="What the model gave, of the same size.", show_default=False, metavar="GENERATED")
_MASK = typer.Argument(help="White where it repainted, of the same size.", show_default=False, metavar="MASK")
_OUT = typer.Option("-o", "--output", help="Where the result goes.", metavar="OUT")
_FEATHER = typer.Option(
    help=f"Pixels inside the mask's edge over which IMAGE passes into GENERATED. (default: {FEATHER:g})",
    parser=options.number,
    metavar="PX",
    show_default=False,
)


def inpaint_command(
    image: Annotated[Path, _IMAGE],
    generated: Annotated[Path, _GENERATED],
    mask: Annotated[Path, _MASK],
    output: Annotated[Path | None, _OUT] = None,
    grade: Annotated[list[Path] | None, options.GRADE_FILES] = None,
    feather: Annotated[float, _FEATHER] = FEATHER,
    overwrite: Annotated[bool, options.OVERWRITE] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Put the repainted region of GENERATED into IMAGE, with the colours of what lies around it.

    Outside of MASK, IMAGE stays as it is. Where GENERATED differs there too, the grade is learned from that.
    Else it is the one with which colours go on across the edge.
    """
    from studio.cli.bars import watching
    from studio.service.inpaint import run_inpaint

    if output is None:
        raise InputError("nowhere to put the result: give -o OUT")
    job = InpaintJob(image, generated, mask, output, tuple(grade or ()), feather, overwrite)
    with watching() as watch:
        result = run_inpaint(job, watch)
    print_outcome(result.notes, result.to_record, lambda: _lines(result), as_json=as_json)


def _lines(result: InpaintResult) -> list[str]:
    fit = result.fit
    lines = [f"found by: {fit.found_by}" + (f", followed to {fit.trust:.0%}" if fit.trust < 1.0 else "")]
    if fit.outside_after is not None:
        lines.append(f"outside of the mask: dE2000 {fit.outside_before:.2f} -> {fit.outside_after:.2f}, held out")
    if fit.edge_before is not None and fit.edge_after is not None:
        lines.append(f"across its edge: dE2000 {fit.edge_before:.2f} -> {fit.edge_after:.2f}, held out")
    if fit.seam_before is not None and fit.seam_after is not None:
        lines.append(f"seam: dE2000 {fit.seam_before:.2f} -> {fit.seam_after:.2f}, the picture's own steps with it")
    return [*lines, fit.grade.effective.describe(), *(f"wrote {path}" for path in result.written.values())]
