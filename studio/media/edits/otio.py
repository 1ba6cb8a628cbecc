"""OpenTimelineIO timelines: their clips, and the same timeline with grades in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl
from studio.media.edits.edl import EdlEvent, text_of
from studio.media.edits.timecode import timecode_of


@dataclass(frozen=True, eq=False)
class OtioEdit:
    """A timeline as it was read.

    Attributes:
        path: the file.
        text: what it holds.
        events: its clips with a picture, in the order of the timeline; their lines are 0.
    """

    path: Path
    text: str
    events: tuple[EdlEvent, ...]

    def graded(self, grades: Mapping[int, Cdl]) -> dict[str, str]:
        """The texts to hand over, by suffix: the timeline with each clip's ten numbers in its metadata, as the project's own
        adapter for CMX 3600 has them, and the EDL of that adapter, where the timeline has one picture track and no nesting.

        Args:
            grades: ten numbers, by the place of the clip in ``events``.
        """
        otio = _need_otio(self.path)
        timeline = _timeline(otio, self.path, self.text)
        for place, clip in enumerate(_clips(otio, timeline)):
            if (cdl := grades.get(place)) is not None:
                sop = {name: list(getattr(cdl, name)) for name in ("slope", "offset", "power")}
                clip.metadata["cdl"] = {"asc_sop": sop, "asc_sat": cdl.saturation}
        texts = {".otio": str(otio.adapters.write_to_string(timeline, "otio_json"))}
        with suppress(Exception):  # several tracks, effects, or no such adapter: an EDL has no place for it
            texts[".edl"] = str(otio.adapters.write_to_string(timeline, "cmx_3600"))
        return texts


def read_otio(path: Path) -> OtioEdit:
    """Read a timeline.

    Raises:
        InputError: the package opentimelineio is not there, the file cannot be read, or no clip in it has a picture.
    """
    otio, text = _need_otio(path), text_of(path)
    events = tuple(_event(number, clip) for number, clip in enumerate(_clips(otio, _timeline(otio, path, text)), 1))
    if not events:
        raise InputError(f"{path}: holds no clip with a picture; export the timeline with its video track")
    return OtioEdit(path, text, events)


def _timeline(otio: ModuleType, path: Path, text: str) -> Any:
    try:
        found = otio.adapters.read_from_string(text, "otio_json")
    except Exception as error:  # its errors are of many kinds
        raise InputError(
            f"{path}: not a readable timeline ({' '.join(str(error).split())[:120]}); export it again"
        ) from error
    if not isinstance(found, otio.schema.Timeline):
        raise InputError(f"{path}: holds a {type(found).__name__} and no timeline; export the timeline")
    return found


def _clips(otio: ModuleType, timeline: Any) -> Iterator[Any]:
    for track in timeline.video_tracks():
        yield from track.find_clips()


def _event(number: int, clip: Any) -> EdlEvent:
    reference = clip.media_reference
    address = getattr(reference, "target_url", None) or ""
    file = address if "\\" in address else unquote(urlsplit(address).path)
    names = [clip.name or "", file, getattr(reference, "name", "") or ""]
    begin, end = _times(clip)
    return EdlEvent(number, tuple(dict.fromkeys(filter(None, names))), begin, end, False, None, 0, 0)


def _times(clip: Any) -> tuple[str, str]:
    """What a clip shows of its file; nothing where the timeline does not say it, which stands for all of the file."""
    try:
        shown = clip.trimmed_range()
        rate = Fraction(shown.start_time.rate).limit_denominator(1001)
        first, count = round(shown.start_time.value), round(shown.duration.rescaled_to(shown.start_time.rate).value)
        return timecode_of(first, rate), timecode_of(first + count, rate)
    except Exception:  # no range at all, or a rate of nought
        return "00:00:00:00", "00:00:00:00"


def _need_otio(path: Path) -> ModuleType:
    try:
        import opentimelineio
    except ImportError as error:
        raise InputError(f'{path}: timelines need one more package: pip install "reswd-studio[edit]"') from error
    return opentimelineio  # type: ignore[no-any-return]
