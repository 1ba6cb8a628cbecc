"""What the page says of a match in its history."""

from __future__ import annotations

from reswd_torch.settings import AUTO_TRANSFORM, LOOK, MOOD
from studio.ui import words
from studio.ui.match.history import Entry

_AIMS = {LOOK: "the look", MOOD: "the mood"}


def in_short(entry: Entry) -> str:
    """A match in a few words, such as a pane of the viewer has room for."""
    job = entry.result.job
    if job.saved_grade is not None:
        return f"match {entry.number}, saved grade, strength {job.settings.strength:g}"
    return f"match {entry.number}, {words.reference_name(job.reference)}, {words.METHOD_NAMES[job.settings.method]}"


def settings_line(entry: Entry) -> str:
    """How a match was made: the aim, the method, the strength, and whatever was not left as it is at first."""
    job = entry.result.job
    settings, parts = job.settings, []
    if job.saved_grade is None:
        if settings.declared_method.takes_aims:
            parts.append(_AIMS.get(job.aim or "", "all colours"))
        parts.append(words.METHOD_NAMES[settings.method])
        if settings.transform != AUTO_TRANSFORM:
            parts.append(settings.transform.upper())
    if job.spaces is not None:
        parts.append(job.spaces.in_words())
    parts.append(f"strength {settings.strength:g}")
    if settings.seed:
        parts.append(f"seed {settings.seed}")
    masked = [role for role, name in (("source", "mask"), ("reference", "target_mask")) if name in job.files]
    if masked:
        parts.append(f"{' and '.join(masked)} masked")
    return ", ".join(parts)


def title(entry: Entry) -> str:
    """What was matched to what."""
    result = entry.result
    if result.job.saved_grade is not None:
        return f"{result.job.source.name} with a saved grade"
    return f"{result.job.source.name} matched to {words.reference_name(result.job.reference)}"
