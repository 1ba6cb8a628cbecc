"""How pictures, and the settings of a picture, appear in the tab *Guide a generation*."""

from __future__ import annotations

from textwrap import shorten

import gradio as gr
from gradio.blocks import Block
from PIL import Image

from guidance.catalogue import MODELS
from guidance.settings import GuidanceSettings
from reswd_torch.errors import InputError
from studio.references import GuideReference
from studio.service.guide.run import GuideEvent, GuideJob, default_generation
from studio.service.guide.understanding import explained
from studio.ui import words as shared_words
from studio.ui.guide import words
from studio.ui.guide.parts import GuideTab
from studio.ui.guide.run import KEPT, KINDS, NOTHING, AnyPainting, Painted
from studio.ui.guide.state import GuideState
from studio.ui.wiring import Updates

_CAPTION = 40
"""Most characters of a prompt below a small picture."""


def picture_outputs(tab: GuideTab) -> list[Block]:
    """Everything that :func:`picture`, :func:`so_far` and :func:`back` change."""
    outcome = tab.outcome
    return [
        outcome.empty,
        outcome.so_far,
        outcome.pictures,
        outcome.picture,
        outcome.matched_group,
        outcome.matched_picture,
        outcome.plain_group,
        outcome.plain_picture,
        outcome.figures,
        outcome.get,
        outcome.get_matched,
        outcome.get_plain,
        outcome.notes,
    ]


def picture(tab: GuideTab, painted: Painted) -> Updates:
    """A picture that is ready, with all that belongs to it."""
    outcome, plain = tab.outcome, None if painted.plain is None else str(painted.plain)
    matched = None if painted.matched is None else str(painted.matched)
    label = words.MATCHED if painted.is_matched else "Guided" if isinstance(painted.job, GuideJob) else "Plain"
    prompt = painted.job.generation.prompt
    return {
        outcome.empty: gr.update(visible=False),
        outcome.so_far: "",
        outcome.pictures: gr.update(visible=True),
        outcome.picture: gr.update(value=str(painted.picture), label=label, alt_text=f"{label}: {prompt}"),
        outcome.matched_group: gr.update(visible=matched is not None),
        outcome.matched_picture: gr.update(value=matched, alt_text=f"{words.MATCHED}: {prompt}"),
        outcome.plain_group: gr.update(visible=plain is not None),
        outcome.plain_picture: gr.update(value=plain, alt_text=f"Plain: {prompt}"),
        outcome.figures: words.figures(painted),
        outcome.get: gr.update(value=str(painted.picture), interactive=True),
        outcome.get_matched: gr.update(value=matched, visible=matched is not None),
        outcome.get_plain: gr.update(value=plain, visible=plain is not None),
        outcome.notes: shared_words.notes(painted.notes),
    }


def so_far(tab: GuideTab, event: GuideEvent) -> Updates:
    """The picture that is being painted, if the event has one, in place of the last one."""
    return {} if event.preview is None else _in_place(tab, words.preview(event.preview))


def waiting(tab: GuideTab, event: GuideEvent, model: str) -> Updates:
    """What is loaded, in the place of the picture, before there is any of it."""
    return _in_place(tab, words.waiting(event, model))


def _in_place(tab: GuideTab, html: str) -> Updates:
    """Something in the place of the last picture."""
    outcome = tab.outcome
    return {
        outcome.so_far: html,
        outcome.empty: gr.update(visible=False),
        outcome.pictures: gr.update(visible=False),
        outcome.figures: "",
        outcome.notes: "",
    }


def back(tab: GuideTab, state: GuideState) -> Updates:
    """What is shown after a run that came to nothing: what was there before it."""
    if state.shown is not None:
        return picture(tab, state.shown)
    return {tab.outcome.so_far: "", tab.outcome.empty: gr.update(visible=True)}


def visit(tab: GuideTab, state: GuideState) -> Updates:
    """The pictures of this visit."""
    pictures = [(str(each.picture), _caption(each)) for each in state.painted]
    return {tab.outcome.visit_group: gr.update(visible=True), tab.outcome.visit: pictures}


def _caption(painted: Painted) -> str:
    """What a picture shows and how large it is, such as "a dog · 64 × 64"; with its seed if a press gave several."""
    wanted = painted.job.generation
    seed = f" · seed {wanted.seed}" if painted.one_of > 1 else ""
    with Image.open(painted.picture) as image:
        return f"{shorten(wanted.prompt, _CAPTION, placeholder=' ...')} · {image.width} × {image.height}{seed}"


def settings_outputs(tab: GuideTab) -> list[Block]:
    """Everything that :func:`settings` and :func:`restored` change."""
    wishes, model, more = tab.wishes, tab.model, tab.more
    return [
        wishes.prompt,
        wishes.hint,
        wishes.kind,
        wishes.palette,
        wishes.kept,
        wishes.avoid,
        wishes.strength,
        wishes.plain,
        model.model,
        model.model_line,
        tab.knows,
        tab.knows_list,
        model.steps,
        model.seed,
        model.count,
        more.negative,
        more.scale,
        more.width,
        more.height,
        more.quantize,
        more.method,
        more.start,
        more.stop,
        more.decode_scale,
        more.grain,
    ]


def settings(tab: GuideTab, job: AnyPainting) -> Updates:
    """The controls as they were for a picture, apart from where its colours came from.

    They are bare values: an update would make a new component of those that hand over what was sent.
    """
    wanted, entry = job.generation, MODELS.get(job.model)
    guidance = job.guidance if isinstance(job, GuideJob) else GuidanceSettings()
    updates: Updates = {
        tab.wishes.prompt: wanted.prompt,
        tab.wishes.hint: hint(tab, job.model, wanted.prompt, job.reference if isinstance(job, GuideJob) else None),
        tab.model.model: job.model,
        tab.model.model_line: words.model_line(job.model),
        **knows(tab, job.model),
        tab.model.steps: wanted.steps,
        tab.model.seed: wanted.seed,
        tab.model.count: 1,
        tab.more.negative: wanted.negative_prompt,
        tab.more.scale: wanted.guidance_scale,
        tab.more.width: wanted.width or (entry.width if entry else None),
        tab.more.height: wanted.height or (entry.height if entry else None),
        tab.more.quantize: job.quantize,
        tab.more.method: guidance.method,
        tab.more.start: guidance.start,
        tab.more.stop: guidance.stop,
        tab.more.decode_scale: guidance.decode_scale,
        tab.more.grain: guidance.grain,
    }
    if isinstance(job, GuideJob):
        return updates | {
            tab.wishes.avoid: guidance.avoid,
            tab.wishes.strength: guidance.strength,
            tab.wishes.plain: job.plain,
        }
    return updates | {tab.wishes.kind: NOTHING}


def restored(tab: GuideTab, state: GuideState, job: AnyPainting, name: str) -> Updates:
    """Every control as it was for a picture; ``name`` is that of its file. Its colours are the *Kept colours* from now on."""
    updates = settings(tab, job)
    if isinstance(job, GuideJob):
        state.kept = job
        updates[tab.wishes.kind] = gr.update(choices=[*KINDS, KEPT], value=KEPT)
        updates[tab.wishes.kept] = words.kept(job, name)
    return updates


def own_settings(tab: GuideTab, model: str, prompt: str) -> Updates:
    """The settings that a model likes best, and what there is to say about it."""
    entry = MODELS.get(model)
    wanted = default_generation(model, "-")
    return {
        tab.model.steps: wanted.steps,
        tab.more.scale: wanted.guidance_scale,
        tab.more.width: entry.width if entry else None,
        tab.more.height: entry.height if entry else None,
        tab.model.model_line: words.model_line(model),
        **knows(tab, model),
        tab.wishes.hint: hint(tab, model, prompt),
    }


def hint(tab: GuideTab, model: str, prompt: str, reference: GuideReference | None = None) -> str:
    """What an embedded model understood of a prompt, and what not; nothing for other models, of which nobody knows.

    Args:
        tab: the components.
        model: id of the model.
        prompt: as it was written.
        reference: whose colours are wanted, to warn of those that it lacks.
    """
    known = tab.known.get(model)
    if known is None or not prompt.strip():
        return ""
    try:
        return words.understood(explained(prompt, reference, model, known))
    except InputError as refused:
        return shared_words.message(shared_words.plain(refused))


def knows(tab: GuideTab, model: str) -> Updates:
    """The list of what an embedded model knows; hidden for other models."""
    known = tab.known.get(model)
    if known is None:
        return {tab.knows: gr.update(visible=False), tab.knows_list: ""}
    return {
        tab.knows: gr.update(visible=True, label=words.knows_title(known, model)),
        tab.knows_list: words.knows(known),
    }
