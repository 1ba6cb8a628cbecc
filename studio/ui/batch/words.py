"""What the tab *Batch* says, as small pieces of HTML."""

from __future__ import annotations

from html import escape

from studio.ui import words
from studio.ui.batch.choice import FILES, FOLDER, HERE
from studio.ui.batch.run import View
from studio.ui.limits import in_words, limits
from studio.views.sentences import taken_of_many

EMPTY = (
    '<div class="empty"><b>Before and after appear here, picture by picture.</b><span>Choose pictures and a reference, '
    "then <i>Process folder</i>. Formats, depth and metadata are kept; nothing is changed in your own files.</span></div>"
)


def hint(kind: str) -> str:
    """What to know about pictures that come from one of the three places."""
    allowed = limits()
    hints = {
        FILES: f"A ZIP (of up to {in_words(allowed.file)}) keeps its folders; files chosen together come without. "
        f"Unpacked at most {allowed.batch.in_words()}.",
        FOLDER: f"Its sub-folders are kept. At most {allowed.batch.in_words()}.",
        HERE: "Read and written where they lie; nothing is uploaded.",
    }
    return f'<p class="about">{escape(hints[kind])}</p>'


def verdict(view: View) -> str:
    """What a run came to, in one line of plain text; nothing where the bar says it all."""
    summary = view.summary
    if summary is None:
        return ""
    if summary.full:
        return "The disk of this machine is full: what was done until then is kept."
    if summary.done == 0 and summary.failed:
        return "None of the pictures could be done; the list says why."
    if summary.left:
        return f"Stopped. {summary.done} done, {summary.left} not begun."
    return ""


def progress_html(view: View) -> str:
    """The bar: how many pictures of how many are done, which one was the last, and how long the rest will take."""
    step, summary = view.step, view.summary
    if summary is not None:
        return _summary_html(view)
    if step is None:
        return words.bar(None, "<b>Getting ready</b>", "")
    phase = "Looking at the colours of the series" if step.phase == "looking" else "Grading"
    failed = f", {step.failed} failed" if step.failed else ""
    left = f" · about {_time(view.left)} left" if view.left is not None else ""
    return words.bar(step.done / max(1, step.of), f"<b>{phase}: {step.done} of {step.of}</b>{failed}{left}", step.name)


def _summary_html(view: View) -> str:
    """The bar of a run that is over."""
    step, summary = view.step, view.summary
    assert summary is not None
    count = summary.done + summary.failed + summary.left
    failed = f", {summary.failed} failed" if summary.failed else ""
    where = f" · {escape(str(summary.report.parent))}" if view.archive is None and summary.done and step else ""
    same = f" · {summary.same_scene} of the same scene as the reference" if summary.same_scene else ""
    taken = taken_of_many(summary.took, summary.done)
    took = "" if taken is None else f" · {taken}"
    packing = " · packing the ZIP" if step is None else ""
    text = f"<b>{summary.done} of {count} done</b>{failed}, {_time(summary.seconds)}{same}{took}{packing}{where}"
    return words.bar((summary.done + summary.failed) / max(1, count), text, None)


def _time(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60}:{whole % 60:02d} min" if whole < 3600 else f"{whole // 3600}:{whole // 60 % 60:02d} h"


def failures_html(view: View) -> str:
    """What failed and why, and what was left aside."""
    shown = view.failed[:20]
    rows = "".join(f"<li><b>{escape(name)}</b> {escape(reason)}</li>" for name, reason in shown)
    more = f"<li>and {len(view.failed) - len(shown)} more, in report.csv</li>" if len(view.failed) > len(shown) else ""
    failed = f'<div class="notes"><b>Failed</b><ul>{rows}{more}</ul></div>' if rows else ""
    return failed + words.notes(view.notes)
