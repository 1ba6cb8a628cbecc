"""Colours that stand for a whole clip: some tens of frames, evenly spread, each with the same say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.matching import PixelSample, sample_pixels
from reswd_torch.matching.report import Progress
from reswd_torch.matching.sampling import pool_samples
from reswd_torch.settings import MatchSettings
from studio.clips.color import FrameColors
from studio.clips.read import ClipFacts, Damage, events, opened, picture_stream

FRAMES = 32
"""At least so many frames are looked at where a clip has them, and at most twice as many."""
_SHORT = 1500
"""A clip of up to so many frames is decoded once from end to end; a longer one is sought in."""
_REACH = 48
"""How far to decode from a key frame towards the wanted place: bounds the work on clips with few key frames."""


def sample_clip(
    facts: ClipFacts, settings: MatchSettings, weights: np.ndarray | None = None, progress: Progress | None = None
) -> PixelSample:
    """Sample a clip's colours.

    Args:
        facts: :func:`studio.clips.read.read_facts` of it.
        settings: how many colours to keep, and the seed.
        weights: (H, W) of the upright frame: what pixels weigh, in every frame.
        progress: called with (share done, what is being done); may raise to stop.

    Returns:
        Colours in the clip's encoding, R'G'B' in 0..1.

    Raises:
        InputError: no frame can be decoded.
    """
    colors = FrameColors(facts.tags, facts.pixel_format, facts.size, facts.pixel_format, facts.tags.used_matrix)
    each = max(256, settings.samples // 4)

    def taken(frame: Any) -> PixelSample:
        return sample_pixels(facts.turn.applied(colors.pixels(frame)), each, settings.seed, weights)

    parts = [taken(frame) for frame in _sought(facts, progress)] if _is_long(facts) else []
    if len(parts) < FRAMES // 2:  # short, or seeking led nowhere
        parts = _in_one_pass(facts, taken, progress)
    if not parts:
        raise InputError(f"{facts.path}: no frame of the clip can be decoded: copy or export it again")
    return pool_samples(parts, settings.samples, settings.seed)


def _is_long(facts: ClipFacts) -> bool:
    return facts.seconds is not None and facts.seconds * float(facts.rate or 25) > _SHORT


def _in_one_pass(facts: ClipFacts, taken: Any, progress: Progress | None) -> list[PixelSample]:
    """Every k-th frame, where k doubles whenever twice the wanted number is reached: needs no length beforehand."""
    parts: list[PixelSample] = []
    step = 1
    with opened(facts.path) as container:
        stream = picture_stream(container, facts.path)
        for number, frame in enumerate(events(container, stream, [], damage := Damage())):
            if number % step == 0:
                parts.append(taken(frame))
                if len(parts) == 2 * FRAMES:
                    parts, step = parts[::2], step * 2
            if progress is not None and facts.seconds:
                progress(min(1.0, damage.end / facts.seconds), "looking at the clip")
    return parts


def _sought(facts: ClipFacts, progress: Progress | None) -> Iterator[Any]:
    """Frames near evenly spread places; fewer where seeking fails or leads to the same place again."""
    from av.error import FFmpegError

    assert facts.seconds is not None
    seen: set[int] = set()
    with opened(facts.path) as container:
        stream = picture_stream(container, facts.path)
        start = stream.start_time or 0
        for number in range(FRAMES):
            place = start + int((number + 0.5) / FRAMES * facts.seconds / stream.time_base)
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
