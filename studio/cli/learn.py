"""reswd learn: the grade that takes a camera, a lab or a look to another one, learned from pictures of both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reswd_torch.errors import InputError
from reswd_torch.grade.formats import grade_suffixes, in_words
from reswd_torch.learning.names import AUTO, MODELS
from studio.cli import options
from studio.cli.told import print_outcome

if TYPE_CHECKING:
    from studio.service.learn import LearnResult

_BEFORE = typer.Argument(help="A picture, or a folder of pictures.", show_default=False, metavar="BEFORE")
_AFTER = typer.Argument(
    help="The same as it should become: pictures of the same names.", show_default=False, metavar="AFTER"
)
_OUT = typer.Option("-o", "--output", help=f"The grade, as {in_words(grade_suffixes())}.", metavar="FILE")
_MODEL = typer.Option(
    help=f"{' | '.join((AUTO, *MODELS))}: {', '.join(MODELS.values())}; or the simplest that foresees held-out colours.",
    metavar="NAME",
)
_CHART = typer.Option(
    "--chart", help="Both show a ColorChecker with 24 patches, anywhere; without AFTER its published values count."
)


def learn_command(
    before: Annotated[Path, _BEFORE],
    after: Annotated[Path | None, _AFTER] = None,
    output: Annotated[Path | None, _OUT] = None,
    model: Annotated[str, _MODEL] = AUTO,
    chart: Annotated[bool, _CHART] = False,
    cube_size: Annotated[int, options.CUBE_SIZE] = 33,
    overwrite: Annotated[bool, options.OVERWRITE] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Learn a camera or a lab: the grade that takes pictures BEFORE to the same pictures AFTER.

    The kind of grade is the simplest that foresees colours it was not fitted to as well as any.
    """
    if output is None:
        raise InputError("nowhere to put the grade: give -o FILE, such as -o look.cube")
    if after is None and not chart:
        raise InputError("nothing to learn from: give AFTER, or --chart for a ColorChecker and its published values")
    from studio.cli.bars import watching
    from studio.service.learn import LearnJob, run_learn

    job = LearnJob(before, after, output, model, chart, cube_size, overwrite)
    with watching() as watch:
        result = run_learn(job, watch)
    print_outcome(result.notes, result.to_record, lambda: [*_lines(result), f"wrote {output}"], as_json=as_json)


def _lines(result: LearnResult) -> list[str]:
    """The figures of every model as a table, with a mark at the one that was chosen."""
    learned = result.learned
    lines = [
        f"{result.learned_from}: {learned.colours} colours, dE2000 {learned.before:.2f} before; "
        f"held out in {learned.folds} folds:",
        f"  {'model':8}{'':20}{'dE2000':>8}{'95%':>8}{'error':>8}",
    ]
    for one in learned.scores:
        mark = ">" if one.model == learned.model else " "
        lines.append(f"{mark} {one.model:8}{MODELS[one.model]:20}{one.mean:8.2f}{one.p95:8.2f}{one.error:8.2f}")
    return [*lines, learned.grade.effective.describe()]
