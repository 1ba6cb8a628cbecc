"""A path is found again from what moments show in common."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl
from reswd_torch.matching.thumbnail import thumbnail
from reswd_torch.paths import GradePath, KeyFrame, Link, Pinned, find_links, fit_segment, stretches_of
from reswd_torch.paths.links import unlinked
from reswd_torch.paths.path import cdl_of, numbers_of
from tests.conftest import photograph

COUNT = 17


def truth(moment: int) -> Cdl:
    """The grade that repairs a moment: exposure, warmth and saturation, away and back."""
    away = float(np.sin(np.pi * moment / (COUNT - 1)))
    return Cdl((1 + 0.3 * away, 1 + 0.2 * away, 1 + 0.1 * away), (-0.02 * away,) * 3, (1.0,) * 3, 1 + 0.2 * away)


def clip(noise: float) -> tuple[list[Link], list[Pinned]]:
    """Links of each moment to the next two, and anchors at both ends; of colours whose truth is known."""
    random = torch.Generator().manual_seed(0)

    def seen(wanted: torch.Tensor, moment: int) -> torch.Tensor:
        inverse, numbers = wanted.clone(), truth(moment)
        luma = (inverse * torch.tensor([0.2126, 0.7152, 0.0722])).sum(dim=1, keepdim=True)
        inverse = luma + (inverse - luma) / numbers.saturation
        inverse = (inverse - torch.tensor(numbers.offset)) / torch.tensor(numbers.slope)
        return (inverse + noise * torch.randn(inverse.shape, generator=random)).clamp(0.0, 1.0)

    def colours() -> torch.Tensor:
        return 0.15 + 0.6 * torch.rand(200, 3, generator=random)

    links = []
    for step in (1, 2):
        for first in range(COUNT - step):
            wanted = colours()
            links.append(Link(first, first + step, seen(wanted, first), seen(wanted, first + step)))
    pinned = []
    for moment in (0, COUNT - 1):
        wanted = colours()
        pinned.append(Pinned(moment, seen(wanted, moment), wanted))
    return links, pinned


def largest_error(path: GradePath) -> float:
    colours = 0.2 + 0.5 * torch.rand(300, 3, generator=torch.Generator().manual_seed(9))
    return max(float((path.at(n).apply(colours) - truth(n).apply(colours)).abs().max()) for n in range(COUNT))


@pytest.mark.parametrize(("noise", "within"), [(0.0, 0.012), (0.01, 0.03)])
def test_a_drift_away_and_back_is_found(noise: float, within: float) -> None:
    links, pinned = clip(noise)
    path = GradePath((fit_segment(range(COUNT), links, pinned),))
    assert largest_error(GradePath(((KeyFrame(0, Cdl()),),))) > 0.1
    assert largest_error(path) < within


def test_noise_does_not_take_contrast_away_between_the_anchors() -> None:
    """What least squares would do: they take three tenths and more of the contrast in the middle of this clip."""
    links, pinned = clip(0.02)[0], clip(0.0)[1]
    middle = GradePath((fit_segment(range(COUNT), links, pinned),)).at(COUNT // 2)
    ramp = torch.linspace(0.3, 0.5, 2).repeat(3, 1).T
    contrast = [float((each.apply(ramp)[1] - each.apply(ramp)[0]).mean()) for each in (middle, truth(COUNT // 2))]
    assert contrast[0] == pytest.approx(contrast[1], rel=0.05)


def test_spots_that_moved_do_not_carry_it_away() -> None:
    links, pinned = clip(0.0)
    for link in links:
        link.second_colors[:30] = torch.rand(30, 3, generator=torch.Generator().manual_seed(link.first))
    assert largest_error(GradePath((fit_segment(range(COUNT), links, pinned),))) < 0.03


def test_moments_that_nothing_is_known_of_keep_the_grade_of_the_nearest() -> None:
    links, pinned = clip(0.0)
    first = [link for link in links if link.second < 6]
    assert unlinked(COUNT, first, [0]) == list(range(6, COUNT))
    keys = fit_segment(range(COUNT), first, pinned[:1])
    apart = np.abs(numbers_of(keys[-1].cdl) - numbers_of(truth(5)))
    assert apart.max() < 0.35
    assert np.abs(numbers_of(keys[-1].cdl) - numbers_of(keys[-2].cdl)).max() < 0.02


def test_the_same_on_any_number_of_threads() -> None:
    links, pinned = clip(0.01)
    before = torch.get_num_threads()
    try:
        found = []
        for threads in (1, 3):
            torch.set_num_threads(threads)
            found.append(fit_segment(range(COUNT), links, pinned))
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1]


def test_without_an_anchor_it_is_refused() -> None:
    with pytest.raises(InputError, match="needs an anchor"):
        fit_segment(range(COUNT), clip(0.0)[0], [])


def test_moments_of_one_scene_are_linked_and_others_are_not() -> None:
    scene = photograph(3, 270, 400)
    other = photograph(4, 270, 400)
    moments = [thumbnail(np.ascontiguousarray(each).astype(np.float32)) for each in (scene, scene * 0.8, other)]
    links = find_links(moments, [0])
    assert [(link.first, link.second) for link in links] == [(0, 1)]
    assert links[0].second_colors.mean() == pytest.approx(float(links[0].first_colors.mean()) * 0.8, rel=0.02)


def test_stretches_cover_all_frames_and_stay_near_the_path() -> None:
    ends = np.zeros(10), np.array([0.6, 0.4, 0.2, *[0.0] * 6, 0.3])
    keys = [KeyFrame(frame, cdl_of(ends[0] + 0.01 * frame * ends[1] + np.eye(10)[9])) for frame in (0, 60, 99)]
    path = GradePath((tuple(keys), (KeyFrame(100, Cdl()), KeyFrame(104, Cdl()))))
    found = stretches_of(path, range(105))
    assert [each.first for each in found] == [0, *[each.stop for each in found[:-1]]]
    assert (found[-1].first, found[-1].stop, found[-1].cdl) == (100, 105, Cdl())  # no stretch goes over a cut
    assert len(found) > 4
    assert all(each.stop - each.first >= 12 for each in found[:-1])
    assert all(each.off <= 0.5 or each.stop - each.first < 24 for each in found)
    assert all(each.cdl == path.at((each.first + each.stop) // 2) for each in found)
