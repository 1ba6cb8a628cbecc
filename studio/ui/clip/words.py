"""What the tab *Grade a clip* says, as small pieces of HTML."""

from __future__ import annotations

from html import escape

from studio.media.clips.tags import FULL
from studio.service.clip import ClipResult
from studio.service.delivery import Delivered
from studio.ui import words
from studio.ui.clip.clips import OpenedClip
from studio.ui.limits import GIB, MIB, in_words, limits
from studio.ui.match import words as match_words
from studio.views.sentences import taken_line

EMPTY_VIEW = (
    "<b>The clip's frames appear here.</b>"
    "<span>Drop a clip and choose a reference, then <i>Match</i>. The whole clip is graded only when you ask for it.</span>"
)
EMPTY_NUMBERS = '<p class="faint">The grade\'s numbers appear here after a match.</p>'
NO_CLIP = "Drop a clip first: the footage whose colours should change."
NO_REFERENCE_CLIP = "Drop a reference first: a clip whose colours you want."
NO_MATCH = "There is nothing to grade with yet: match first."
_CODECS = {
    "av1": "AV1", "dnxhd": "DNxHD", "ffv1": "FFV1", "h264": "H.264", "hevc": "H.265", "mjpeg": "Motion JPEG",
    "mpeg2video": "MPEG-2", "mpeg4": "MPEG-4", "prores": "ProRes", "vp8": "VP8", "vp9": "VP9",
}  # fmt: skip
"""What people call codecs, by FFmpeg's names."""


def hint() -> str:
    """What to know about clips before one is dropped."""
    allowed = limits()
    bound = ""
    if allowed.clip < float("inf"):
        seconds = allowed.clip * 1e6 / (1920 * 1080) / 25
        bound = f" Graded in full up to about {duration(seconds)} of HD at 25 frames per second."
    kinds = "MP4, MOV, MKV, WebM, MXF, AVI and more"
    return f'<p class="about">{kinds}, up to {in_words(allowed.file)}. Sound is kept.{escape(bound)}</p>'


def about(clip: OpenedClip) -> str:
    """A line with all that a clip says about itself, and one where it is too long to be graded here."""
    facts, (height, width) = clip.facts, clip.facts.upright_size
    rate = "unknown rate" if facts.rate is None else f"{float(facts.rate):.5g} frames/s"
    frames = f"{clip.frames} {'frame' if clip.frames == 1 else 'frames'}, {duration(clip.seconds)}"
    codec = _CODECS.get(facts.codec, facts.codec) + (f" {facts.profile}" if facts.profile else "")
    range_ = "full range" if facts.tags.used_range == FULL else "limited range"
    parts = [f"{width} × {height}", rate, frames, f"{codec}, {facts.bits} bit", f"{facts.tags.name}, {range_}"]
    parts.append(_size(clip.bytes))
    line = f'<p class="about"><b>{escape(clip.path.name)}</b> {escape(" · ".join(parts))}</p>'
    return line + words.message(too_long(clip))


def too_long(clip: OpenedClip) -> str:
    """Why a clip is not graded in full here, in one line of plain text; nothing where it is."""
    if not clip.is_too_long:
        return ""
    allowed = clip.frames_allowed / float(clip.facts.rate or 25)
    return (
        f"{clip.path.name} lasts {duration(clip.seconds)}, and this server grades {duration(allowed)} of its size: cut it "
        "shorter or scale it down. Or match here, and apply the grade file in your own program."
    )


def reference_about(clip: OpenedClip) -> str:
    """A short line about a clip that is the reference."""
    height, width = clip.facts.upright_size
    said = f"{width} × {height} · {clip.frames} frames, {duration(clip.seconds)} · {clip.facts.tags.name}"
    return f'<p class="about"><b>{escape(clip.path.name)}</b> {escape(said)}</p>'


def place(clip: OpenedClip | None, number: int) -> str:
    """Which frame is looked at, and when it is shown. ``number`` counts from 0."""
    if clip is None:
        return ""
    seconds = clip.index.seconds(number)
    when = f"{int(seconds) // 60}:{seconds % 60:05.2f}"
    return f'<p class="clip-at"><b>Frame {number + 1} of {clip.frames}</b> at {when}</p>'


def metrics(result: ClipResult) -> str:
    """The distance to the reference before and after, and the time of the fit."""
    return match_words.metrics(result, "Over frames from all of the clip. ")


def taken(result: ClipResult) -> str:
    """What was taken of the reference, and what the grade is made of."""
    line = taken_line(result.grade, looked=result.job.looks_for_scene)
    return "" if line is None else f"<p>{escape(line)}</p>"


def encoding_line(result: ClipResult) -> str:
    """The line that says to what the grade must be applied."""
    return f'<p class="faint">For footage encoded as {escape(result.encoding)}, the clip\'s own encoding.</p>'


def stale(result: ClipResult) -> str:
    """The line below a grade that was made with other choices than those that stand now."""
    job = result.job
    how = "of a saved grade" if job.saved_grade is not None else f"matched to {job.reference.name}"
    return words.message(f"This is still {job.source.name} {how}, as chosen then. Press Match for what is chosen now.")


def progress(done: int, of: int, left: float | None, name: str) -> str:
    """The bar: how many frames of how many are graded, and how long the rest will take."""
    remaining = "" if left is None else f", about {duration(left)} left"
    return words.bar(min(1.0, done / max(1, of)), f"<b>Grading: frame {done} of {of}</b>{remaining}", name)


def getting_ready(name: str) -> str:
    """The bar before the first frame."""
    return words.bar(None, "<b>Getting ready</b>", name)


def written(delivered: Delivered, seconds: float) -> str:
    """What was written, and what is not in it and why."""
    clip, file = delivered.clip, delivered.written["output"]
    assert clip is not None
    job = delivered.result.job
    look = "a saved grade" if job.saved_grade is not None else job.reference.name
    size = _size(file.stat().st_size)
    said = (
        f"{look} at strength {job.settings.strength:g} · {clip.frames} frames, {duration(clip.seconds)}, {size} · graded in "
        f"{duration(seconds)}"
    )
    return f'<p class="about"><b>{escape(file.name)}</b> {escape(said)}</p>' + words.notes(delivered.notes)


def not_played(name: str) -> str:
    """In place of a player that a browser would show empty."""
    return f'<p class="faint">Browsers do not play {escape(name)}: download it to watch it.</p>'


def duration(seconds: float) -> str:
    """A time as people say it, such as ``14 s`` or ``3:40 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.2g} s" if seconds < 9.95 else f"{whole} s"
    return f"{whole // 60}:{whole % 60:02d} min" if whole < 3600 else f"{whole // 3600}:{whole // 60 % 60:02d} h"


def _size(size: int) -> str:
    """Bytes in the units that the place for files counts in."""
    if size < MIB:
        return f"{size / 1024:.4g} KB"
    return f"{size / MIB:.4g} MB" if size < GIB else f"{size / GIB:.4g} GB"
