"""Colours that stand for a clip: of some tens of frames, evenly spread, each with the same say; or of one frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.matching import PixelSample, sample_pixels
from reswd_torch.matching.same_scene import glance
from reswd_torch.matching.sampling import pool_samples
from reswd_torch.matching.thumbnail import Thumbnail
from reswd_torch.progress import OnProgress
from reswd_torch.settings import MatchSettings
from studio.media.clips.color import FrameColors
from studio.media.clips.open import opened, picture_stream
from studio.media.clips.read import ClipFacts, Damage, events
from studio.media.images import read_mask
from studio.references import ClipReference

if TYPE_CHECKING:
    from av import VideoFrame

FRAMES = 32
"""At least so many frames are looked at where a clip has them, and at most twice as many."""
SEEN = 5
"""Frames, at most and evenly chosen, that are compared with a reference to find the one that shows most of its scene."""
_SEEN_STEP = 8
"""One of so many frames is kept small, to choose those from: FRAMES and more make five to eight."""
_SHORT = 1500
"""A clip of up to so many frames is decoded once from end to end; a longer one is sought in."""
_SEEK_BEYOND = 5.0
"""Seconds from the start up to which a frame is reached by decoding, and after which by seeking to a key frame first."""
_REACH = 48
"""How far to decode from a key frame towards the wanted place: bounds the work on clips with few key frames."""


Spans = tuple[tuple[float, float], ...]
"""Parts of a clip: first and last second of each, from the start of the clip, the last one not included."""


@dataclass(frozen=True, eq=False)
class ClipSample(PixelSample):
    """Colours that stand for a clip.

    Attributes:
        frames: some of its frames, small, in their order; none where a scene is not looked for.
    """

    frames: tuple[Thumbnail, ...] = ()

    def converted(self, convert: Callable[[np.ndarray], np.ndarray]) -> ClipSample:
        """The sample in which a function has converted the colours, its frames too."""
        colours = super().converted(convert)
        frames = tuple(frame.converted(convert) for frame in self.frames)
        return ClipSample(colours.fit, colours.held_out, frames=frames)


def sample_clip(
    facts: ClipFacts,
    settings: MatchSettings,
    weights: np.ndarray | None = None,
    progress: OnProgress | None = None,
    *,
    with_frames: bool = False,
    spans: Spans = (),
) -> ClipSample:
    """Sample a clip's colours.

    Args:
        facts: :func:`studio.media.clips.read.read_facts` of it.
        settings: how many colours to keep, and the seed.
        weights: (H, W) of the upright frame: what pixels weigh, in every frame; transparent ones weigh less.
        progress: called with (share done, what is being done); may raise to stop.
        with_frames: keep some frames too, for :func:`most_alike`.
        spans: the parts of the clip that count; none for all of it.

    Returns:
        Colours in the clip's encoding, R'G'B' in 0..1.

    Raises:
        InputError: no frame can be decoded.
    """
    colors = _colors_of(facts)
    each = max(256, settings.samples // 4)

    def taken(frame: Any, number: int) -> PixelSample:
        pixels = facts.turn.applied(colors.pixels(frame))
        counts = _what_counts(facts, weights, colors.alpha(frame))
        seen = with_frames and number % _SEEN_STEP == 0
        return sample_pixels(pixels, each, settings.seed, counts, with_thumbnail=seen)

    sought = _sought(facts, progress, spans) if _is_long(facts) else ()
    parts = [taken(frame, number) for number, frame in enumerate(sought)]
    if len(parts) < FRAMES // 2:  # short, or seeking led nowhere
        parts = _in_one_pass(facts, taken, progress, spans)
    if not parts:
        raise InputError(f"{facts.path}: no frame of the clip can be decoded: copy or export it again")
    pool = pool_samples(parts, settings.samples, settings.seed)
    kept = [part.thumbnail for part in parts if part.thumbnail is not None]
    chosen = np.linspace(0, len(kept) - 1, min(len(kept), SEEN)).round().astype(int)
    return ClipSample(pool.fit, pool.held_out, frames=tuple(kept[place] for place in chosen))


def _colors_of(facts: ClipFacts) -> FrameColors:
    """What reads the frames of a clip, and their alpha where it has one."""
    if facts.alpha:
        return FrameColors(facts.tags, facts.pixel_format, facts.size, "rgba" if facts.bits == 8 else "rgba64le", 0)
    return FrameColors(facts.tags, facts.pixel_format, facts.size, facts.pixel_format, facts.tags.used_matrix)


def _what_counts(facts: ClipFacts, weights: np.ndarray | None, alpha: np.ndarray | None) -> np.ndarray | None:
    """What the pixels of an upright frame weigh: the given weights times opacity, unless nothing would be left of it."""
    if alpha is None or not alpha.any():
        return weights
    opacity = facts.turn.applied(alpha).astype(np.float32) / np.iinfo(alpha.dtype).max
    both = opacity if weights is None else weights * opacity
    return both if both.any() else weights


def clip_reference_sample(facts: ClipFacts, clip: ClipReference, settings: MatchSettings) -> PixelSample:
    """The colours of a clip as a reference: of all of it, or of the one frame that is wanted.

    Args:
        facts: :func:`studio.media.clips.read.read_facts` of it.
        clip: which of its frames are wanted, and where they count.
        settings: how many colours to keep, and the seed.

    Returns:
        Colours in the clip's encoding, R'G'B' in 0..1; of one frame with the frame itself where a scene is looked for.

    Raises:
        InputError: no frame that can be decoded, none at that time, or a mask of another size.
    """
    weights = None if clip.mask is None else read_mask(clip.mask, facts.upright_size)
    if clip.at is None:
        return sample_clip(facts, settings, weights, with_frames=settings.looks_for_scene)
    pixels = frame_at(facts, clip.at)
    return sample_pixels(pixels, settings.samples, settings.seed, weights, with_thumbnail=settings.looks_for_scene)


def frame_at(facts: ClipFacts, seconds: float) -> np.ndarray:
    """The frame that is shown at a time.

    Args:
        facts: the clip.
        seconds: from its start.

    Returns:
        (H, W, 3) uint8, or uint16 for clips of more than 8 bits, R'G'B', upright.

    Raises:
        InputError: the clip ends before that time.
    """
    colors = _colors_of(facts)
    for from_start in (False, True) if seconds > _SEEK_BEYOND else (True,):
        frame = _frame_shown(facts, seconds, from_start=from_start)
        if frame is not None:
            return np.ascontiguousarray(facts.turn.applied(colors.pixels(frame)))
    raise InputError(f"{facts.path}: the clip ends before {seconds:g} s: give an earlier time")


def _frame_shown(facts: ClipFacts, seconds: float, *, from_start: bool) -> VideoFrame | None:
    """The frame that is shown at a time, decoded from the start of the clip or from the key frame before it.

    None where the clip ends before that time, or where seeking fails or leads behind it, as in transport streams.
    """
    from av.error import FFmpegError

    with opened(facts.path) as container:
        stream = picture_stream(container, facts.path)
        start = stream.start_time or 0
        if not from_start:
            try:
                container.seek(start + int(seconds / stream.time_base), stream=stream)
            except (OverflowError, FFmpegError):
                return None
        for number, frame in enumerate(events(container, stream, [], Damage())):
            shown_from = float((frame.pts - start) * stream.time_base)
            length = float((frame.duration or 0) * stream.time_base) or 1 / float(facts.rate or 25)
            if number == 0 and not from_start and shown_from > seconds:
                return None
            if seconds < shown_from + length:
                return frame
    return None


def most_alike(
    source: PixelSample, target: PixelSample, seen: Callable[[], PixelSample] | None = None
) -> tuple[PixelSample, PixelSample]:
    """Both samples, for a clip among them with that frame as its picture which has most in common with the other side.

    Statistics stay those of all frames; a fit then joins them with the points and the common part of the one frame.

    Args:
        source, target: colours of a clip, :func:`sample_clip`, or of a picture, in one encoding.
        seen: gives the source in the encoding of the target, where it has another one: its frames are compared, and those of the
            source are kept.
    """
    pairs = [(place, second) for place in range(len(_frames(source))) for second in _frames(target)]
    if not pairs:
        return source, target
    place, second = pairs[0]
    if len(pairs) > 1:
        looks = _frames(source if seen is None else seen())
        place, second = max(pairs, key=lambda pair: glance(looks[pair[0]], pair[1]))
    return _seen_as(source, _frames(source)[place]), _seen_as(target, second)


def _frames(side: PixelSample) -> Sequence[Thumbnail]:
    if isinstance(side, ClipSample):
        return side.frames
    return () if side.thumbnail is None else (side.thumbnail,)


def _seen_as(side: PixelSample, frame: Thumbnail) -> PixelSample:
    return PixelSample(side.fit, side.held_out, frame)


def _is_long(facts: ClipFacts) -> bool:
    return facts.seconds is not None and facts.seconds * float(facts.rate or 25) > _SHORT


def _in_one_pass(facts: ClipFacts, taken: Any, progress: OnProgress | None, spans: Spans) -> list[PixelSample]:
    """Every k-th frame, where k doubles whenever twice the wanted number is reached: needs no length beforehand."""
    parts: list[PixelSample] = []
    step, number = 1, -1
    with opened(facts.path) as container:
        stream = picture_stream(container, facts.path)
        start = stream.start_time or 0
        for frame in events(container, stream, [], damage := Damage()):
            shown = float((frame.pts - start) * stream.time_base) + 1e-4  # on, or just behind, the edge of a span
            if spans and not any(begin <= shown < end for begin, end in spans):
                continue
            number += 1
            if number % step == 0:
                parts.append(taken(frame, number // step))
                if len(parts) == 2 * FRAMES:
                    parts, step = [_at(place, part) for place, part in enumerate(parts[::2])], step * 2
            if progress is not None:
                progress(min(1.0, damage.end / facts.seconds) if facts.seconds else 0.0, "looking at the clip")
    return parts


def _at(place: int, part: PixelSample) -> PixelSample:
    """Without its picture, which takes memory, where it is no longer one of those to keep."""
    return part if place % _SEEN_STEP == 0 else replace(part, thumbnail=None)


def _along(spans: Spans, share: float) -> float:
    """The time after this share of all spans, one behind the other, seconds from the clip's start."""
    left = share * sum(end - begin for begin, end in spans)
    for begin, end in spans:
        if left < end - begin:
            return begin + left
        left -= end - begin
    return spans[-1][1]


def _sought(facts: ClipFacts, progress: OnProgress | None, spans: Spans) -> Iterator[Any]:
    """Frames near evenly spread places; fewer where seeking fails or leads to the same place again."""
    from av.error import FFmpegError

    assert facts.seconds is not None
    seen: set[int] = set()
    with opened(facts.path) as container:
        stream = picture_stream(container, facts.path)
        start = stream.start_time or 0
        for number in range(FRAMES):
            seconds = _along(spans or ((0.0, facts.seconds),), (number + 0.5) / FRAMES)
            place = start + int(seconds / stream.time_base)
            if progress is not None:
                progress(number / FRAMES, "looking at the clip")
            frame = None
            try:
                container.seek(place, stream=stream)
                for count, frame in enumerate(events(container, stream, [], Damage())):
                    if frame.pts >= place or count >= _REACH:
                        break
            except FFmpegError:
                continue
            if frame is not None and frame.pts not in seen:
                seen.add(frame.pts)
                yield frame
