"""Grading the whole clip, and the files that a person takes away."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade.files import write_text_atomically
from studio.media.clips.names import WRITTEN_SUFFIXES, clip_result_name
from studio.media.clips.read import ClipFacts, read_facts
from studio.service.clip import ClipResult, GradedFrame
from studio.service.delivery import Delivered, deliver_clip, matched_name
from studio.service.guide.stream import streamed
from studio.ui.clip import words
from studio.ui.clip.choice import AS_SOURCE
from studio.ui.clip.clips import OpenedClip
from studio.ui.disk import used
from studio.ui.limits import in_words, limits
from studio.ui.match.run import check_uploads
from studio.ui.saving import SETTINGS_KIND
from studio.ui.session import Session
from studio.watch import Event, Watch

_EVERY = 0.2  # seconds between two states of the bar
_FIRST = 1.0  # seconds of grading before it is said how long the rest will take
_PLAYED_FILES = (".mp4", ".m4v", ".mov", ".webm")
_PLAYED_CODECS = ("h264", "vp8", "vp9", "av1")


@dataclass(frozen=True)
class Step:
    """How far the grading of a clip is.

    Attributes:
        done: frames that are graded.
        of: frames that there are.
        left: seconds that the rest will most likely take; None while nobody can say.
    """

    done: int
    of: int
    left: float | None


@dataclass(frozen=True, eq=False)
class Finished:
    """A clip that was graded.

    Attributes:
        delivered: what was written.
        seconds: it took.
        plays: whether browsers play it.
    """

    delivered: Delivered
    seconds: float
    plays: bool


def ready(session: Session) -> tuple[OpenedClip, ClipResult]:
    """The clip and its match, as a run needs them. Raises InputError where something is missing, or the clip is too long."""
    clip, shown = session.clip.source.clip, session.clip.shown
    if clip is None:
        raise InputError(words.NO_CLIP)
    if shown is None or shown.job.source != clip.path:
        raise InputError(words.NO_MATCH)
    if clip.is_too_long:
        raise InputError(words.too_long(clip))
    check_uploads(shown.job)
    return clip, shown


def result_name(clip: OpenedClip, container: str) -> str:
    """What the graded clip is called.

    Args:
        clip: the source.
        container: a suffix, or :data:`~studio.ui.clip.choice.AS_SOURCE`.

    Raises:
        InputError: no clip is written with that suffix.
    """
    if container == AS_SOURCE:
        return clip_result_name(matched_name(clip.path, clip.path.suffix))
    if container not in WRITTEN_SUFFIXES:
        raise InputError(f"{container!r} is no file type that clips are written as: choose one of the list")
    return matched_name(clip.path, container)


def grade_clip(session: Session, container: str, stopped: Callable[[], bool]) -> Iterator[Step | Finished]:
    """Grade the whole clip with the match on the screen, and say a few times a second how far it is.

    The last graded clip goes when this one is there, not before.

    Raises:
        InputError: with words for the page. Nothing of the clip is left.
        Cancelled: likewise.
    """
    clip, result = ready(session)
    name = result_name(clip, container)
    folder = session.new_subfolder("graded")
    began = told = time.monotonic()

    def write(watch: Watch) -> Delivered:
        made = deliver_clip(result, folder / name, _bounded(watch, folder, name))
        _check_size(folder, name, limits().graded)  # a clip may be done before it was looked at
        return made

    try:
        for event in streamed(write, stopped):
            now = time.monotonic()
            if isinstance(event, Delivered):
                session.clip.replace_folder(folder)
                yield Finished(event, now - began, _plays(read_facts(folder / name)))
                return
            if isinstance(event, GradedFrame) and now - told > _EVERY:
                told = now
                yield _step(event, max(clip.frames, event.frames), now - began)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _bounded(watch: Watch, folder: Path, name: str) -> Watch:
    """The same watch, which ends the job once the clip that is written is larger than this instance takes."""
    most = limits().graded

    def tell(event: Event) -> None:
        if isinstance(event, GradedFrame) and event.frames % 10 == 0:
            _check_size(folder, name, most)
        watch.note(event)

    return Watch(tell, watch.stopped)


def _check_size(folder: Path, name: str, most: int) -> None:
    """Refuse a clip that is larger than this instance takes. Raises InputError."""
    if used(folder) > most:
        raise InputError(
            f"{name} grew beyond {in_words(most)}, the most that this server writes: choose a smaller file type such as "
            ".mp4, cut the clip shorter, or scale it down"
        )


def _step(event: GradedFrame, of: int, took: float) -> Step:
    left = took / event.frames * (of - event.frames) if took > _FIRST else None
    return Step(event.frames, of, left)


def _plays(facts: ClipFacts) -> bool:
    """Whether every browser of today plays a clip: by its file type, codec, chroma and depth."""
    plain = facts.codec != "h264" or facts.pixel_format in ("yuv420p", "yuvj420p")
    return facts.path.suffix.lower() in _PLAYED_FILES and facts.codec in _PLAYED_CODECS and plain


def make_download(session: Session, kind: str, cube_size: int) -> str:
    """Write a grade file, by its suffix, or the settings, and return its path. Raises InputError."""
    shown = session.clip.shown
    if shown is None:
        raise InputError("There is nothing to download yet: match first.")
    if kind == SETTINGS_KIND:
        check_uploads(shown.job)
        place = session.new_place(matched_name(shown.job.source, ".json"))
        write_text_atomically(place, shown.settings_text(names_only=True))
        return str(place)
    place = session.new_place(matched_name(shown.job.source, kind))
    return str(shown.save_grade(place, cube_size=cube_size))
