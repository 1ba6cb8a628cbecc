"""The frames of a series: a clip, numbered frames, or the pictures of a folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.learning.pictures import as_unit
from reswd_torch.matching.thumbnail import Thumbnail, thumbnail
from reswd_torch.profiles import profile_name, to_profile
from studio.kinds import is_clip, is_sequence
from studio.media.clips.color import FrameColors
from studio.media.clips.open import opened, picture_stream
from studio.media.clips.read import Damage, events, read_facts
from studio.media.edits.shots import start_timecode
from studio.media.edits.timecode import frames_of as frames_of_timecode
from studio.media.images import READABLE_SUFFIXES, Picture, read_reduced
from studio.service.batch.natural import natural_key
from studio.service.batch.sequence import frames_of
from studio.service.drift.cuts import TINY, cuts_by_scenedetect, cuts_in
from studio.watch import Watch

_EDGE = 960
_GUESS = Fraction(25)


def open_series(source: Path, rate: Fraction, watch: Watch) -> Series:
    """Look through a series.

    Args:
        source: a clip, a pattern, or a folder.
        rate: frames a second, of pictures.
        watch: told how far it is; may stop it.

    Raises:
        InputError: it cannot be read, or has fewer than two frames.
    """
    series: Series
    if source.is_dir():
        series = PictureSeries(source, dict(enumerate(_pictures_in(source))), rate, watch, first=0)
    elif is_sequence(source):
        frames = frames_of(source)
        series = PictureSeries(source, frames, rate, watch, first=min(frames))
    elif is_clip(source):
        series = ClipSeries(source, watch)
    else:
        raise InputError(f"{source}: give a clip, a pattern of numbered frames such as shot.%04d.png, or a folder")
    if len(series.numbers) < 2:
        raise InputError(f"{source}: has one frame only, and nothing that drifts: match it as a picture")
    return series


class ClipSeries:
    """The frames of a clip. It is decoded from end to end once, for their times and their cuts.

    Attributes:
        source: the file.
        facts: what it says about itself.
        numbers: of the frames, from 0.
        seconds: when each is shown, from the first.
        first: number of the first frame from timecode 00:00:00:00.
        rate: frames a second, for timecodes.
        encoding: of its colours.
        icc: the profile of its colours; None for sRGB's.
    """

    def __init__(self, source: Path, watch: Watch) -> None:
        self.source = source
        self.facts = read_facts(source)
        self.icc = self.facts.tags.icc
        self.encoding = self.facts.tags.name
        self.rate = self.facts.rate or _GUESS
        said = start_timecode(source)
        self.first = 0 if said is None else frames_of_timecode(said, self.rate)
        times: list[float] = []
        self._copies: list[np.ndarray] = []
        expected = self.facts.seconds or self.facts.whole_seconds
        for frame, damage in self._frames():
            times.append(float(frame.pts * frame.time_base))
            self._copies.append(_tiny(frame.reformat(format="gray").to_ndarray()))
            watch(min(1.0, damage.end / expected) if expected else 0.0, "looking at the clip")
        self.numbers = tuple(range(len(times)))
        self.seconds = tuple(time - times[0] for time in times)

    def cuts(self) -> list[int]:
        """The places of frames, from 0, that begin a new shot."""
        found = cuts_by_scenedetect(self.source)
        found = cuts_in(self._copies) if found is None else found
        return [place for place in found if 0 < place < len(self.numbers)]

    def moments(self, places: Iterable[int], watch: Watch) -> dict[int, Thumbnail]:
        """Small copies of frames by their places."""
        facts, wanted = self.facts, set(places)
        colors = FrameColors(facts.tags, facts.pixel_format, facts.size, facts.pixel_format, facts.tags.used_matrix)
        found = {}
        for place, (frame, _) in enumerate(self._frames()):
            if place in wanted:
                found[place] = thumbnail(np.ascontiguousarray(facts.turn.applied(colors.pixels(frame))))
                watch(len(found) / len(wanted), "reading moments")
            if len(found) == len(wanted):
                break
        return found

    def _frames(self) -> Iterator[tuple[Any, Damage]]:
        damage = Damage()
        with opened(self.source) as container:
            for frame in events(container, picture_stream(container, self.source), [], damage):
                yield frame, damage


class PictureSeries:
    """Pictures, by number. All have one encoding: that of the first.

    Attributes:
        files: the pictures by number: that in the names of numbered frames, else from 0.
        source, numbers, seconds, first, rate, encoding, icc: as those of a clip.
    """

    def __init__(self, source: Path, files: dict[int, Path], rate: Fraction, watch: Watch, *, first: int) -> None:
        self.source, self.files, self.rate, self.first = source, files, rate, first
        self.numbers = tuple(files)
        self.seconds = tuple(float((number - self.numbers[0]) / rate) for number in self.numbers)
        self._watch = watch
        self.icc = read_reduced(next(iter(files.values())), at_least=_EDGE).icc
        self.encoding = profile_name(self.icc)

    def cuts(self) -> list[int]:
        """As that of a clip. Reads every picture, small."""
        copies = []
        for place, path in enumerate(self.files.values()):
            self._watch(place / len(self.files), f"looking at {path.name}")
            picture = read_reduced(path, at_least=max(TINY))
            self.check_encoding(picture)
            copies.append(_tiny(np.rint(as_unit(picture.in_range).mean(axis=2) * 255)))
        return cuts_in(copies)

    def check_encoding(self, picture: Picture) -> None:
        """Raises InputError where a picture has another encoding than the first."""
        if profile_name(picture.icc) != self.encoding:
            raise InputError(
                f"{picture.path}: its colours are {profile_name(picture.icc)}, those of the first frame {self.encoding}: "
                "convert the frames to one"
            )

    def moments(self, places: Iterable[int], watch: Watch) -> dict[int, Thumbnail]:
        """Small copies of pictures by their places. Raises InputError where one has another encoding than the first."""
        found, wanted = {}, sorted(set(places))
        for done, place in enumerate(wanted):
            path = self.files[self.numbers[place]]
            watch(done / len(wanted), f"reading {path.name}")
            picture = read_reduced(path, at_least=_EDGE)
            self.check_encoding(picture)
            found[place] = thumbnail(picture.in_range)
        return found


def picture_thumbnail(path: Path, icc: bytes | None) -> Thumbnail:
    """A small copy of a picture in the encoding of a profile. Raises InputError."""
    picture = read_reduced(path, at_least=_EDGE)
    small = thumbnail(picture.in_range)
    pixels = to_profile(as_unit(small.pixels), picture.icc, icc)
    return Thumbnail(np.ascontiguousarray(pixels, np.float32))


def _tiny(grey: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.resize(grey.astype(np.float32), TINY[::-1], interpolation=cv2.INTER_AREA))


def _pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder in the order in which people count."""
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder}: this folder cannot be read ({error.strerror}): change its permissions") from error
    found = [
        path
        for path in entries
        if path.suffix.lower() in READABLE_SUFFIXES and not path.name.startswith(".") and path.is_file()
    ]
    if not found:
        raise InputError(f"{folder}: no pictures in this folder: check the name")
    return sorted(found, key=lambda path: natural_key(path.name))


Series = ClipSeries | PictureSeries
"""Frames in order."""
