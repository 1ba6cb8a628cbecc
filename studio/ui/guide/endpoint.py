"""The public endpoint /guide: a guided picture for another program."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from guidance.catalogue import EMBEDDED_ID
from guidance.quantize.kinds import NONE
from guidance.settings import GuidanceSettings
from guidance.text_to_image import parse_size
from reswd_torch.errors import InputError
from studio.service.guide.run import GuideResult
from studio.service.guide.stream import paint
from studio.ui.controls import PALETTE, PICTURE
from studio.ui.guide.choice import GuideChoice
from studio.ui.guide.run import DEVICE, AnyPainting, painting_job, save
from studio.ui.session import new_folder
from studio.ui.settings import as_sent
from studio.ui.visits import caller_left
from studio.ui.words import STOPPED
from studio.ui.words import plain as plain_words
from studio.watch import Cancelled


def guide(
    prompt: str,
    reference: str | None = None,
    palette: str = "",
    model: str = EMBEDDED_ID,
    strength: float = GuidanceSettings.strength,
    steps: float | None = None,
    seed: float = 0,
    negative: str = "",
    size: str = "",
    plain: bool = False,
    quantize: str = NONE,
    avoid: str = "",
) -> tuple[str, str | None, float, float | None]:
    """Paint a picture of a prompt in the colours of a reference.

    Args:
        prompt: what to paint.
        reference: the picture whose colours are wanted; leave out with a palette.
        palette: hex colours with weights, such as "#aabbcc:2,#112233"; empty with a reference.
        model: pocket-64, another one of the catalogue, or owner/name of one on huggingface.co.
        strength: 0 leaves the plain picture, 1 is the usual pull, up to 2.
        steps: denoising steps; leave out for the model's own number.
        seed: of the starting noise; a whole number.
        negative: what to keep away from.
        size: width and height in pixels, such as "64x64"; empty for the model's own.
        plain: paint the plain picture of the same seed as well.
        quantize: "sinq" keeps the model's linear layers in 4 bits, "auto" only where it would not fit; "none" does nothing.
        avoid: hex colours that shall not appear, such as "#c1121f,#00ff00"; empty for none.

    Returns:
        The guided picture and the plain one as PNGs with their settings; their distances to the reference.
    """
    if reference and palette:
        raise gr.Error("more than one reference: give a reference or a palette", print_exception=False)
    if not reference and not palette:
        raise gr.Error("nothing to steer towards: give a reference picture or a palette", print_exception=False)
    if seed is None:
        raise gr.Error("The seed is empty, not a whole number: give 0, 1, 2 ...", print_exception=False)
    try:
        width, height = parse_size(str(size)) if size else (None, None)
    except InputError as error:
        raise gr.Error(str(error), print_exception=False) from None
    choice = GuideChoice(
        prompt=prompt, negative=negative, kind=PALETTE if palette else PICTURE, palette=palette, model=model,
        strength=strength, plain=plain, seed=seed, steps=steps, width=width, height=height,
        quantize=quantize, avoid=avoid,
    )  # fmt: skip
    folder = new_folder()
    try:
        job = painting_job(choice, Path(reference) if reference else None)
        result = _painted(job, folder / "stop")
        painted = save(result, lambda name: folder / name)
    except InputError as error:
        raise gr.Error(plain_words(error), print_exception=False) from None
    except Cancelled:
        raise gr.Error(STOPPED, print_exception=False) from None
    return str(painted.picture), str(painted.plain) if painted.plain else None, result.distance, result.plain_distance


def _painted(job: AnyPainting, stop: Path) -> GuideResult:
    """Paint for as long as the caller listens. Raises Cancelled once nobody does."""
    left = caller_left()
    for event in paint(job, DEVICE, stop):
        if left():
            stop.touch()  # which ends it within the step that it is in
            raise Cancelled
        if isinstance(event, GuideResult):
            return event
    raise Cancelled


def add_guide_endpoint() -> None:
    """Add it to the app that is being built, through components that nobody sees: see endpoints.add_endpoints."""
    prompt = gr.Textbox("", label="prompt")
    reference = gr.File(label="reference")
    palette = gr.Textbox("", label="palette")
    model = as_sent(gr.Textbox(EMBEDDED_ID, label="model"))
    strength = as_sent(gr.Number(GuidanceSettings.strength, label="strength"))
    steps = as_sent(gr.Number(None, precision=0, label="steps"))
    seed = as_sent(gr.Number(0, precision=0, label="seed"))
    negative = gr.Textbox("", label="negative")
    size = gr.Textbox("", label="size")
    plain = gr.Checkbox(False, label="plain")
    quantize = as_sent(gr.Textbox(NONE, label="quantize"))
    avoid = gr.Textbox("", label="avoid")
    picture, plain_picture = gr.File(label="picture"), gr.File(label="plain picture")
    distance, plain_distance = gr.Number(label="distance"), gr.Number(label="plain distance")
    gr.Button("guide").click(
        guide,
        [prompt, reference, palette, model, strength, steps, seed, negative, size, plain, quantize, avoid],
        [picture, plain_picture, distance, plain_distance],
        api_name="guide",
        concurrency_id="generate",
        api_visibility="public",
    )
