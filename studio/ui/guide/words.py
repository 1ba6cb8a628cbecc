"""What the tab *Guide a generation* says, as small pieces of HTML."""

from __future__ import annotations

import base64
import io
from html import escape

import numpy as np
from PIL import Image

from guidance.catalogue import EMBEDDED_IDS, MODELS
from guidance.known import Known
from guidance.memory import memory_estimate
from guidance.understood.words import not_understood, rows
from studio.jobs import GuideJob
from studio.references import KeptColours
from studio.service.guide.run import GuideEvent
from studio.service.guide.understanding import Explanation
from studio.ui import words
from studio.ui.guide.run import Painted

EMPTY = (
    '<div class="empty"><b>The picture appears here.</b><span>Say what to paint and choose whose colours it shall have, or '
    "press one of the examples.</span></div>"
)
MATCHED = "Plain, matched afterwards"
_TWO_WAYS = (
    "Guided: the colours were steered while the picture was painted, so it may show things that suit them. Matched afterwards: "
    "the plain picture, recoloured once it was done; it shows what the plain one shows. Take the one that you like better."
)
_PREVIEW_EDGE = 256
_SWATCHES = 8
_SURE = 0.9
"""The confidence from which none is told."""


def model_line(model: str) -> str:
    """A line with the size, licence and memory of a model, by its id; nothing for an empty id."""
    entry = MODELS.get(model)
    if entry is None:
        text = "Loaded from huggingface.co when it is first used. Its licence and best settings are on its page there."
        return f'<p class="about">{text}</p>' if model.strip() else ""
    parts = [f"{entry.width} × {entry.height} px"]
    if entry.id in EMBEDDED_IDS:
        parts += ["comes with the app and works offline", f"licence {entry.license}"]
    else:
        parts += [
            f"licence {entry.license or 'unknown, see its page'}",
            f"memory {memory_estimate(entry, entry.width, entry.height)}",
            "loaded from huggingface.co when it is first used",
        ]
        if entry.gated:
            parts.append("asks for consent on its page there first")
        if not entry.negative_prompt:
            parts.append("ignores a negative prompt")
    return f'<p class="about">{escape(" · ".join(parts))}</p>'


def understood(found: Explanation) -> str:
    """What the embedded model understood of a prompt, what not, and the colours that the reference lacks."""
    said = [
        f"{role} {value}" + ("" if confidence >= _SURE else f" ({confidence:.0%} sure)")
        for role, value, confidence in rows(found.understood)
    ]
    about = f'<p class="about">Understood: {escape(" · ".join(said))}</p>' if said else ""
    last = found.hint or not_understood(found.understood) or ""
    return about + "".join(words.message(text) for text in (*found.warnings, last[:1].upper() + last[1:]))


def waiting(event: GuideEvent, model: str) -> str:
    """What stands in the place of the picture until the first of it can be seen: what is loaded, and that it is only once.

    Args:
        event: the last that happened.
        model: id of the model.
    """
    if model in EMBEDDED_IDS:
        once = "It comes with the app. It is read once and then stays ready for every further picture."
    else:
        once = "It is fetched from huggingface.co once and kept on the server; the next time it is only read."
    share = event.share if event.loaded is None else event.loaded or None  # nobody knows how far the first read is
    return (
        f'<div class="empty waiting"><b>{escape(event.text[:1].upper() + event.text[1:])}</b>'
        f"{words.bar(share, '', None)}<span>{'' if event.loaded is None else once}</span></div>"
    )


def progress(event: GuideEvent) -> str:
    """The progress bar while a picture is painted."""
    return words.bar(event.share, f"<b>{escape(event.text[:1].upper() + event.text[1:])}</b>", None)


def preview(pixels: np.ndarray) -> str:
    """The picture so far, (H, W, 3) uint8, made small. One that is small already is seen pixel by pixel."""
    image = Image.fromarray(pixels)
    whole = max(image.size) <= _PREVIEW_EDGE
    image.thumbnail((_PREVIEW_EDGE, _PREVIEW_EDGE))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    exact = " exact" if whole else ""
    return f'<div class="so-far{exact}"><img alt="The picture so far" src="data:image/png;base64,{data}"></div>'


SHOWN_SIZE = '<p class="shown-size about"></p>'
"""The line below a picture that says how large it is and how many times as large it is shown; pixels.js writes it."""


def figures(painted: Painted) -> str:
    """The distances of a picture to the reference, and the settings that it was painted with."""
    wanted = painted.job.generation
    facts = [f"seed {wanted.seed}", f"{wanted.steps} steps", painted.job.model]
    if painted.seconds is not None:
        facts.append(f"{painted.seconds:.1f} s")
    line = f'<span class="faint">{escape(" · ".join(facts))}</span>'
    after, before = painted.distance, painted.plain_distance
    if after is None:
        return f'<div class="metrics">{line}</div>'
    from_to = f'<span class="after">{after:.1f}</span>'
    if before is not None:
        from_to = f'<span class="before">{before:.1f}</span> → {from_to}'
    if painted.matched_distance is not None:
        return _three_figures(painted, line)
    which = "" if before is None else '<span class="faint">of the plain picture → of this one</span>'
    return (
        f'<div class="metrics" title="{words.DISTANCE_HELP}"><span class="label">Distance to the reference</span>'
        f'<span class="figures">{from_to}</span>{which}{line}</div>'
    )


def _three_figures(painted: Painted, line: str) -> str:
    """The distances where there are two ways from the plain picture to the colours."""
    assert painted.plain_distance is not None and painted.distance is not None and painted.matched_distance is not None
    plain, guided, matched = painted.plain_distance, painted.distance, painted.matched_distance
    return (
        f'<div class="metrics" title="{words.DISTANCE_HELP}"><span class="label">Distance to the reference</span>'
        f'<span class="figures"><span class="before">{plain:.1f}</span> → <span class="after">{guided:.1f}</span> / '
        f'<span class="after">{matched:.1f}</span></span><span class="faint">of the plain picture → guided / matched '
        f'afterwards</span>{line}</div><p class="about ways">{_TWO_WAYS}</p>'
    )


def kept(job: GuideJob, source: str) -> str:
    """The colours of a reference that a picture keeps, as swatches, and whose they are.

    Args:
        job: the job that the picture keeps.
        source: the name of the picture's file.
    """
    assert isinstance(job.reference, KeptColours)
    values = np.frombuffer(base64.b64decode(job.reference.colors), "<u2").reshape(1, -1, 3)
    few = Image.fromarray((values >> 8).astype(np.uint8)).quantize(_SWATCHES)
    palette = np.array(few.getpalette()).reshape(-1, 3) / 255
    counts = np.bincount(np.asarray(few).ravel(), minlength=len(palette))
    order = [index for index in np.argsort(palette.sum(1)) if counts[index]]
    colors = tuple((float(r), float(g), float(b)) for r, g, b in palette[order])
    strip = words.swatches(colors, tuple(float(count) for count in counts[order]))
    name = f" of {job.reference.name}" if job.reference.name else " of the reference"
    return f'{strip}<p class="about kept">The colours{escape(name)}, as kept in {escape(source)}</p>'


def knows_title(known: Known, model: str) -> str:
    """What stands above :func:`knows`, such as "The 326 objects that pocket-64 knows"."""
    return f"The {len(known.names)} objects that {model} knows"


def knows(known: Known) -> str:
    """What an embedded model knows: first the groups of objects, then the colours, and the places if it knows any."""
    parts = [
        f"<h3>{escape(group.capitalize())} <span>{len(names)}</span></h3><p>{escape(', '.join(names))}</p>"
        for group, names in known.objects.items()
    ]
    parts.append(f"<h3>Colours of an object</h3><p>{escape(', '.join(known.object_colours))}</p>")
    parts.append(f"<h3>Colours of the background</h3><p>{escape(', '.join(known.background_colours))}</p>")
    if known.places:
        parts.append(f"<h3>Places</h3><p>{escape(', '.join(known.places))}</p>")
    return f'<div class="knows">{"".join(parts)}</div>'
