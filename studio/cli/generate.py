"""reswd generate: a prompt painted by an embedded model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from guidance.catalogue import EMBEDDED_ID, EMBEDDED_IDS
from guidance.quantize.kinds import NONE, check_quantization
from reswd_torch.errors import InputError
from studio.cli import options

_PROMPT = typer.Argument(help='What to paint, such as "a blue dog on a red background".', metavar="PROMPT")
_PNG = typer.Option("-o", "--output", help="Where the picture goes (.png; it keeps its settings).", metavar="OUT")
_NEGATIVE = typer.Option(help="What to keep away from.", metavar="TEXT")
_NOISE = typer.Option(
    "--seed", help="Chooses the noise it starts from. (default: 0)", parser=options.whole_number, metavar="NUMBER"
)
_STEPS = typer.Option(help="Denoising steps, 1 to 200. (default: 25)", parser=options.whole_number, metavar="NUMBER")
_SCALE = typer.Option(
    help="How closely to follow the prompt, 1 to 20. (default: 2.5)", parser=options.number, metavar="NUMBER"
)
_QUANTIZE = options.quantize()
_MODEL = typer.Option(help=f"{' | '.join(EMBEDDED_IDS)} (default: {EMBEDDED_ID})", metavar="ID")
_LIST = typer.Option("--list", help="Show every object and colour that the model knows, and exit.")


def generate_command(
    prompt: Annotated[str | None, _PROMPT] = None,
    output: Annotated[Path | None, _PNG] = None,
    negative: Annotated[str, _NEGATIVE] = "",
    seed: Annotated[int, _NOISE] = 0,
    steps: Annotated[int, _STEPS] = 25,
    scale: Annotated[float, _SCALE] = 2.5,
    model: Annotated[str, _MODEL] = EMBEDDED_ID,
    quantize: Annotated[str, _QUANTIZE] = NONE,
    device: Annotated[str, options.DEVICE] = "auto",
    show_list: Annotated[bool, _LIST] = False,
    overwrite: Annotated[bool, options.OVERWRITE] = False,
) -> None:
    """Paint a small picture of PROMPT with a model that ships with the project, offline.

    Each knows some three hundred objects and a dozen colours: see --list.
    """
    from guidance.known import known_of

    known = known_of(model)
    if known is None:
        raise InputError(
            f"model {model!r} does not ship with the project: give {' or '.join(EMBEDDED_IDS)}, or let reswd guide paint with it"
        )
    if show_list:
        print(known.describe())
        return
    if prompt is None:
        raise InputError("nothing to paint: give a PROMPT, such as 'a blue dog'; --list shows what the model knows")
    if output is None:
        raise InputError("nowhere to put the picture: give -o OUT")
    from guidance.text_to_image import Generation
    from studio.cli.bars import watching
    from studio.jobs import PaintJob
    from studio.service.guide.png import check_output, save_painted
    from studio.service.guide.run import run_paint
    from studio.service.guide.understanding import hint_of

    job = PaintJob(
        Generation(prompt, negative, seed, steps, scale), model.strip(), quantize=check_quantization(quantize)
    )
    check_output(output, overwrite=overwrite)
    hint = hint_of(prompt, job.model)
    if hint:
        print(f"note: {hint}", file=sys.stderr)
    with watching() as watch:
        result = run_paint(job, device, watch)
    print(f"wrote {save_painted(result, output, overwrite=overwrite).picture}")
