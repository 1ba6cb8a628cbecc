"""What the tab *Batch* says, as small pieces of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from studio.ui import words
from studio.ui.batch.choice import FILES, FOLDER, HERE
from studio.ui.batch.looks import Look
from studio.ui.batch.order import Chosen
from studio.ui.batch.run import View
from studio.ui.limits import in_words, limits
from studio.views.sentences import taken_of_many

EMPTY = (
    '<div class="empty"><b>Before and after appear here, picture by picture.</b><span>Choose pictures and a reference, '
    "then press <i>Try on three</i>, or the button below it for all. "
    "Formats, depth and metadata are kept; nothing is changed in your own files.</span></div>"
)
NO_SPACES = "A saved grade is applied to the pictures as their files are: colour spaces are for a match."


def process(kind: str) -> str:
    """The label of the button that does all pictures that come from one of the three places."""
    return "Process files" if kind == FILES else "Process folder"


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


def chosen_html(found: Chosen) -> str:
    """How many pictures were chosen, and their names in order; nothing for none."""
    if not found.names and not found.others:
        return ""
    number = len(found.names)
    others = f", and {_counted(found.others, 'other file')} that will be left aside" if found.others else ""
    total = f"{_counted(number, 'picture')}, {_size(found.size)}{others}"
    rows = "".join(f"<li>{escape(name)}</li>" for name in found.names)
    return f'<details class="names"><summary>{total}</summary><ol>{rows}</ol></details>'


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _size(size: int) -> str:
    """Bytes as people read them: two figures at least, decimal units as file managers show them."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}" if size < 10 * factor else f"{size / factor:.0f} {unit}"
    return f"{max(1, round(size / 1e3))} kB"


def looks_html(looks: Sequence[Look], more: int) -> str:
    """The references as small pictures; what is wrong with one stands in its place."""
    if not looks:
        return ""
    shown = "".join(
        f'<figure><img src="{escape(look.address, quote=True)}" alt="reference: {escape(look.name, quote=True)}">'
        f"<figcaption>{escape(look.name)}</figcaption></figure>"
        if look.address
        else f"<figure><p>{escape(look.problem)}</p><figcaption>{escape(look.name)}</figcaption></figure>"
        for look in looks
    )
    rest = f'<p class="faint">and {more} more</p>' if more else ""
    return f'<div class="looks">{shown}</div>{rest}'


def verdict(view: View) -> str:
    """What a run came to, in one line of plain text; nothing where the bar says it all."""
    summary = view.summary
    if summary is None:
        return ""
    if view.too_much:
        most = in_words(limits().results)
        return (
            f"Stopped: the results take more than the {most} there is for them here. {summary.done} are done; take them, and "
            "do the others with a smaller format, or as another batch."
        )
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
    summary = view.summary
    assert summary is not None
    count = summary.done + summary.failed + summary.left
    failed = f", {summary.failed} failed" if summary.failed else ""
    where = f" · {escape(str(view.folder))}" if view.folder is not None and summary.done else ""
    same = f" · {summary.same_scene} of the same scene as the reference" if summary.same_scene else ""
    taken = taken_of_many(summary.took, summary.done)
    took = "" if taken is None else f" · {taken}"
    text = f"<b>{summary.done} of {count} done</b>{failed}, {_time(summary.seconds)}{same}{took}{where}"
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
