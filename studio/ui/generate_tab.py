"""The tab *Generate*: a prompt painted by the model that ships with the project."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator
from html import escape
from typing import Any

import gradio as gr

from guidance.known import Known, read_known
from guidance.text_to_image import MAX_SCALE, MAX_STEPS, Generation
from reswd_torch.errors import InputError
from studio.generated import paint, save
from studio.ui import words
from studio.ui.controls import PRIVATE, QUICK
from studio.ui.session import Session, Stopped

_LOG = logging.getLogger(__name__)
_EXAMPLES = (
    "a blue dog on a pink to orange gradient background", "a sailboat on a turquoise background",
    "a purple cat", "a red umbrella on a beige background", "a rocket on a black background", "a cup of coffee",
)  # fmt: skip
_EMPTY = (
    '<div class="empty"><b>The picture appears here.</b><span>Write a prompt or press one of the examples, '
    "then <i>Generate</i>. The model runs on this machine, offline.</span></div>"
)


def build_generate_tab(session: gr.State) -> None:
    """Lay the tab out and wire it."""
    try:
        known = read_known()
    except InputError as error:
        gr.HTML(words.message(words.plain(error)), padding=False)
        return
    with gr.Row(equal_height=False, elem_classes="halves"):
        with gr.Column(scale=4, min_width=330, elem_classes="choices"):
            prompt = gr.Textbox(
                label="Prompt", lines=2, max_lines=4, placeholder=known.captions[-1], elem_id="prompt",
                info="An object, a colour for it, and a background in one colour or two",
            )  # fmt: skip
            hint = gr.HTML(elem_id="prompt-hint", padding=False)
            with gr.Row():
                start = gr.Button("Generate", variant="primary", scale=3, min_width=150, elem_id="generate")
                stop = gr.Button("Stop", interactive=False, scale=1, min_width=80, elem_id="generate-stop")
            status = gr.HTML(elem_id="generate-status", padding=False)
            with gr.Accordion("More", open=False, elem_id="generate-more"):
                negative = gr.Textbox(label="Negative prompt", info="What to keep away from")
                with gr.Row():
                    seed = gr.Number(
                        0, label="Seed", info="The same seed paints the same picture", precision=0, elem_id="noise-seed"
                    )
                    another = gr.Button("New seed", size="sm", min_width=90, elem_id="new-seed")
                steps = gr.Slider(1, MAX_STEPS // 2, known.steps, step=1, label="Steps", elem_id="generate-steps")
                scale = gr.Slider(
                    1, MAX_SCALE / 2, known.guidance_scale, step=0.1, label="Guidance scale",
                    info="How closely to follow the prompt; from 4 on pictures become grainy",
                )  # fmt: skip
            examples = gr.Dataset(
                components=[prompt], samples=[[text] for text in _EXAMPLES], label="Examples", elem_id="prompts"
            )
        with gr.Column(scale=8, min_width=330, elem_classes="outcome"):
            empty = gr.HTML(_EMPTY, padding=False)
            picture = gr.Image(
                label="Picture", visible=False, height=440, interactive=False, buttons=["fullscreen"], elem_id="painted",
            )  # fmt: skip
            download = gr.DownloadButton("PNG with its settings", interactive=False, size="sm", elem_id="get-painted")
    with gr.Accordion("What this model knows", open=True, elem_id="knows"):
        gr.HTML(knows(known), padding=False)

    def work(
        session: Session,
        prompt: str,
        negative: str,
        seed: float | None,
        steps: int,
        scale: float,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[dict[Any, Any]]:
        session.stop_painting = False
        yield {start: gr.update(interactive=False), stop: gr.update(interactive=True), status: ""}
        said, shown = "", {}

        def tell(done: int, of: int) -> None:
            if session.stop_painting:
                raise Stopped
            progress(done / of, desc=f"step {done} of {of}")

        try:
            wanted = Generation(prompt or "", negative or "", _seed(seed), int(steps), float(scale))
            progress(0, desc="waiting for the model")
            place = save(paint(wanted, on_step=tell), wanted, session.new_place(file_name(prompt)))
            shown = {
                picture: gr.update(value=str(place), visible=True),
                empty: gr.update(visible=False),
                download: gr.update(value=str(place), interactive=True),
            }
        except Stopped:
            said = words.message("Stopped.")
        except InputError as error:
            said = words.message(words.plain(error))
        except Exception:  # the page must stay usable
            _LOG.exception("a generation failed")
            said = words.message(words.UNEXPECTED)
        yield {start: gr.update(interactive=True), stop: gr.update(interactive=False), status: said, **shown}

    run: dict[str, Any] = {
        "fn": work,
        "inputs": [session, prompt, negative, seed, steps, scale],
        "outputs": [start, stop, status, picture, empty, download],
        "show_progress_on": [picture, empty],
        "concurrency_id": "generate",
        "concurrency_limit": 2,
        **PRIVATE,
    }
    gr.on([start.click, prompt.submit], **run)
    prompt.change(
        lambda text: words.message(known.hint(text or "") or ""), prompt, hint, trigger_mode="always_last", queue=False,
        **QUICK,
    )  # fmt: skip
    examples.click(lambda sample: sample[0], examples, prompt, queue=False, **QUICK).then(**run)
    another.click(lambda: secrets.randbelow(2**32), None, seed, queue=False, **QUICK)
    stop.click(_stop, session, None, queue=False, **QUICK)


def _stop(session: Session) -> None:
    session.stop_painting = True


def _seed(seed: float | None) -> int:
    if seed is None or seed != int(seed):
        raise InputError("the seed is not a whole number: give one from 0 to 4294967295")
    return int(seed)


def file_name(prompt: str) -> str:
    """A name for a download: the prompt's words, as far as a file system likes them."""
    return (re.sub(r"[^\w]+", " ", prompt).strip()[:60].strip() or "picture") + ".png"


def knows(known: Known) -> str:
    """What the model knows, for people: groups of objects, then colours."""
    parts = [
        f"<h3>{escape(group.capitalize())} <span>{len(names)}</span></h3><p>{escape(', '.join(names))}</p>"
        for group, names in known.objects.items()
    ]
    parts.append(f"<h3>Colours of an object</h3><p>{escape(', '.join(known.object_colours))}</p>")
    parts.append(f"<h3>Colours of the background</h3><p>{escape(', '.join(known.background_colours))}</p>")
    return f'<div class="knows">{"".join(parts)}</div>'
