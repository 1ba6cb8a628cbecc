"""Frames in memory that drift, led back to what moments of them should look like: the path of :mod:`studio.service.drift`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from reswd_torch.matching import fit_samples, sample_pixels
from reswd_torch.matching.sampling import sample_colors
from reswd_torch.matching.thumbnail import Thumbnail, thumbnail
from reswd_torch.paths.fit import fit_segment
from reswd_torch.paths.links import SPOTS, Pinned, find_links, shared, unlinked
from reswd_torch.paths.path import GradePath, KeyFrame
from reswd_torch.profiles import profile_name
from reswd_torch.settings import MatchSettings
from studio.service.drift.cuts import TINY, cuts_in
from studio.service.drift.moments import moments_of
from studio.service.held.frames import Frames, marked_in
from studio.watch import UNWATCHED, Watch


def path_of(
    frames: Frames,
    anchors: Mapping[int, int],
    pictures: Frames | None,
    settings: MatchSettings,
    *,
    find_cuts: bool = True,
    watch: Watch = UNWATCHED,
) -> tuple[GradePath, tuple[str, ...]]:
    """The path of grades that takes the drift out, and notes on what was assumed.

    Args:
        frames: two at least.
        anchors: the place of an anchor's picture, by the place of the frame that it shows as it should be. A shot between cuts
            without any begins as it should: with its first frame. Frames that are transparent everywhere are not looked at.
        pictures: the anchors; None where there are none.
        settings: how an anchor is matched that shows something else than its frame.
        find_cuts: look for cuts; else all frames are one shot.
        watch: told how far it is; may stop it.

    Raises:
        InputError: one frame only, NaN, nothing visible, or an anchor for a frame that is not there or transparent everywhere.
        Cancelled: it was stopped.
    """
    if len(frames) < 2:
        raise InputError(f"{frames.name}: one frame has nothing that drifts: match it as a picture")
    if missing := [place for place in anchors if not 0 <= place < len(frames)]:
        raise InputError(f"anchor for frame {missing[0]}: there are frames 0 to {len(frames) - 1}")
    visible = marked_in(frames, None)
    if hidden := sorted(set(anchors).difference(visible)):
        raise InputError(
            f"anchor for frame {hidden[0]}: that frame is transparent everywhere: give the number of one that shows something"
        )
    cuts = [place for place in cuts_in(_tiny(frames, visible, watch.part(0.0, 0.2))) if place] if find_cuts else []
    edges = [0, *cuts, len(frames)]
    segments: list[tuple[KeyFrame, ...]] = []
    notes: list[str] = []
    for number, (first, stop) in enumerate(zip(edges, edges[1:], strict=False)):
        part = watch.part(0.2 + 0.8 * number / (len(edges) - 1), 0.2 + 0.8 * (number + 1) / (len(edges) - 1))
        within = {place: anchor for place, anchor in sorted(anchors.items()) if first <= place < stop}
        shown = [place for place in visible if first <= place < stop]
        segment, said = _segment(frames, pictures, shown, within, settings, part)
        if anchors and not within:
            said.append(f"frames {first} to {stop - 1} have no anchor: their first frame is taken to look right")
        segments.append(segment)
        notes += said
    return GradePath(tuple(segments)), tuple(notes)


def grades_along(path: GradePath, count: int) -> tuple[Grade, ...]:
    """The grade of each of so many frames."""
    return tuple(Grade(path.at(place), encoding=profile_name(None)) for place in range(count))


def _segment(
    frames: Frames,
    pictures: Frames | None,
    shown: Sequence[int],
    anchors: Mapping[int, int],
    settings: MatchSettings,
    watch: Watch,
) -> tuple[tuple[KeyFrame, ...], list[str]]:
    """The key frames of one shot, of which ``shown`` are the visible frames, and notes."""
    places = [shown[at] for at in moments_of(0, len(shown), [shown.index(place) for place in anchors])]
    moments = [_small(frames, place) for place in places]
    pinned: list[Pinned] = []
    notes: list[str] = []
    if not anchors or pictures is None:
        colors = sample_colors(moments[0].pixels, SPOTS, 0, None)
        pinned.append(Pinned(0, colors, colors))
    for place, anchor in anchors.items():
        assert pictures is not None, "anchors have pictures"
        moment = places.index(place)
        colours = shared(moments[moment], reference := _small(pictures, anchor))
        if colours is None:
            notes.append(
                f"anchor {anchor} does not show what frame {place} shows: its look is taken, as of any reference"
            )
            colours = _matched(moments[moment], reference, settings)
        pinned.append(Pinned(moment, *colours))
    links = find_links(moments, [one.moment for one in pinned], watch.part(0.0, 0.5))
    if alone := unlinked(len(moments), links, [one.moment for one in pinned]):
        notes.append(
            f"frames {shown[0]} to {shown[-1]}: {len(alone)} of {len(moments)} moments show nothing that an anchored one shows "
            "as well; their grades are carried over from the nearest"
        )
    return fit_segment(places, links, pinned, progress=watch.part(0.5, 1.0)), notes


def _matched(here: Thumbnail, reference: Thumbnail, settings: MatchSettings) -> tuple[Tensor, Tensor]:
    """Colours of a moment, and what they become in the look of a picture that shows something else."""
    chosen = replace(settings, transform="cdl", scene="different")
    source, target = (sample_pixels(one.pixels, chosen.samples, chosen.seed) for one in (here, reference))
    colors = source.fit[:: max(1, len(source.fit) // SPOTS)]
    return colors, fit_samples(source, target, chosen).effective.apply(colors)


def _small(frames: Frames, place: int) -> Thumbnail:
    return thumbnail(frames.colours(place))


def _tiny(frames: Frames, visible: Sequence[int], watch: Watch) -> Sequence[np.ndarray]:
    """A tiny grey copy of every frame, by which cuts are seen. One that is transparent everywhere has that of the frame in
    front of it, so that no cut is seen there."""
    import cv2

    copies: list[np.ndarray] = []
    behind = iter([*visible[1:], len(frames)])
    for number, place in enumerate(visible):
        watch(place / len(frames), "looking at the frames")
        colours = frames.colours(place)
        unit = colours / np.float32(255) if isinstance(colours, np.ndarray) else colours.cpu().numpy()
        small = cv2.resize(np.asarray(unit, np.float32), TINY[::-1], interpolation=cv2.INTER_AREA)
        copies += [np.rint(small.mean(axis=2) * 255)] * (next(behind) - (place if number else 0))
    return copies
