"""A match of pictures in memory: the same samples, and so the same grade, as of their files."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reswd_torch.grade import Cdl, Grade
from reswd_torch.matching import PixelSample, palette_sample, sample_pixels
from reswd_torch.matching.encodings import fit_encoded
from reswd_torch.matching.sampling import pool_samples
from reswd_torch.palette import Palette
from reswd_torch.profiles import profile_name
from reswd_torch.settings import MatchSettings
from reswd_torch.threads import side_by_side
from studio.service.clip_colours import FRAMES, ClipSample, most_alike
from studio.service.held.frames import Frames, Masks, how_much_counts, marked_in
from studio.service.held.side_by_side import spread_over
from studio.watch import UNWATCHED, Watch

_SEEN = 3
"""Frames that are compared with a reference to find the one that shows most of its scene: what fits into memory is short."""


@dataclass(frozen=True, eq=False)
class HeldReference:
    """Pictures in memory whose colours are wanted.

    Attributes:
        frames: the pictures.
        masks: where they count; None for everywhere.
    """

    frames: Frames
    masks: Masks | None = None


def match_held(
    frames: Frames,
    reference: HeldReference | Palette,
    settings: MatchSettings,
    masks: Masks | None = None,
    watch: Watch = UNWATCHED,
) -> Grade:
    """One grade for all frames.

    One picture to one picture, or to a palette, is what a match of their files is. Several frames are sampled as those of a clip:
    up to 32 of them, evenly spread, have the same say. Frames in which nothing visible is marked have none.

    Args:
        frames: what to grade.
        reference: whose colours are wanted.
        settings: what to fit.
        masks: where the frames count.
        watch: told what is being done; may stop it.

    Raises:
        InputError: NaN, nothing visible, or settings that do not fit.
        Cancelled: it was stopped.
    """
    watch(0.0, "sampling")

    def wanted() -> PixelSample:
        if isinstance(reference, Palette):
            return palette_sample(reference, settings.samples)
        sample = sample_held(reference.frames, reference.masks, settings)
        if sample.thumbnail is not None and len(frames) > 1:
            _ = sample.thumbnail.coarse_features  # as of the frames in :func:`sample_held`
        return sample

    source, target = most_alike(*side_by_side(lambda: sample_held(frames, masks, settings), wanted))
    grade = fit_encoded(source, target, settings, None, watch.part(0.2, 1.0))
    return replace(grade, encoding=profile_name(None))


def match_each(
    frames: Frames,
    reference: HeldReference | Palette,
    settings: MatchSettings,
    masks: Masks | None = None,
    watch: Watch = UNWATCHED,
) -> tuple[Grade, ...]:
    """A grade for each frame alone, as :func:`match_held` gives it for a batch of one.

    As many reference pictures as frames go with them in pairs; any other number are one reference for all. A frame in which
    nothing visible is marked, or whose own reference is such a one, has a grade that leaves it alone.
    """
    found = []
    paired = isinstance(reference, HeldReference) and len(reference.frames) == len(frames) > 1
    shown = set(marked_in(frames, masks))
    if paired and isinstance(reference, HeldReference):
        shown.intersection_update(marked_in(reference.frames, reference.masks))
    for place in range(len(frames)):
        if place not in shown:
            found.append(Grade(Cdl(), strength=0.0, encoding=profile_name(None)))
            continue
        one = reference
        if paired and isinstance(reference, HeldReference):
            one = HeldReference(_only(reference.frames, place), _only_mask(reference.masks, place))
        part = watch.part(place / len(frames), (place + 1) / len(frames))
        found.append(match_held(_only(frames, place), one, settings, _only_mask(masks, place), part))
    return tuple(found)


def _only(frames: Frames, place: int) -> Frames:
    return Frames(frames.tensor[place : place + 1], frames.name)


def _only_mask(masks: Masks | None, place: int) -> Masks | None:
    if masks is None or len(masks.tensor) == 1:
        return masks
    return replace(masks, tensor=masks.tensor[place : place + 1])


def sample_held(frames: Frames, masks: Masks | None, settings: MatchSettings) -> PixelSample:
    """The colours that stand for pictures: of one as of its file, of several as of a clip. Those in which nothing visible is
    marked do not count. Raises InputError."""
    looks = settings.looks_for_scene
    if len(frames) == 1:
        return _sampled(frames, masks, 0, settings.samples, settings.seed, seen=looks)
    each = max(256, settings.samples // 4)
    marked = marked_in(frames, masks)
    places = [marked[at] for at in np.linspace(0, len(marked) - 1, min(len(marked), FRAMES)).round().astype(int)]
    seen = {places[at] for at in np.linspace(0, len(places) - 1, min(len(places), _SEEN)).round().astype(int)}
    seen = seen if looks else set()

    def sampled(place: int) -> PixelSample:
        part = _sampled(frames, masks, place, each, settings.seed, seen=place in seen)
        if part.thumbnail is not None:
            _ = part.thumbnail.coarse_features  # kept by it, for the choice of the frame most alike
        return part

    parts = spread_over(sampled, places)
    pool = pool_samples(parts, settings.samples, settings.seed)
    small = tuple(part.thumbnail for part in parts if part.thumbnail is not None)
    return ClipSample(pool.fit, pool.held_out, frames=small)


def _sampled(frames: Frames, masks: Masks | None, place: int, count: int, seed: int, *, seen: bool) -> PixelSample:
    counts = how_much_counts(frames, masks, place)
    return sample_pixels(frames.colours(place), count, seed, counts, with_thumbnail=seen)
