"""The look estimate: what it answers to odd pictures, to equal ones, and to photographs with a look."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from reswd_torch import Cdl, Lut3D, match, srgb_to_lab
from reswd_torch.matching.look import MANY_UNUSUAL, STATISTICS, LookNetwork, _networks, estimate_look
from reswd_torch.matching.look_features import COLOURS, pair_features, statistics_map
from tests.conftest import asset

NAMES = ["forest-stream.jpg", "warm-room.jpg", "lagoon-jetty.jpg", "dogs-at-window.jpg", "mountain-path-noon.jpg"]
WARM = Cdl(slope=(1.15, 1.0, 0.72), offset=(0.03, 0.0, -0.02), power=(0.95, 1.0, 1.1), saturation=1.05)
FLAT = torch.full((100, 3), 0.5)
ODD = {
    "grey": FLAT,
    "black": 0 * FLAT,
    "white": 0 * FLAT + 1,
    "1x1": torch.tensor([[0.7, 0.4, 0.2]]),
    "red": FLAT * torch.tensor([1.8, 0.2, 0.1]),
    "noise": torch.rand(700, 3, generator=torch.Generator().manual_seed(0)),
}


@cache
def colours(name: str) -> torch.Tensor:
    """Every few of a photograph's colours."""
    return torch.from_numpy(asset(name, 160)).reshape(-1, 3)[::11].contiguous()


@pytest.mark.parametrize("other", ODD)
@pytest.mark.parametrize("one", ODD)
def test_odd_pictures_have_an_estimate(one: str, other: str) -> None:
    estimate = estimate_look(ODD[one], ODD[other])
    assert 0 <= estimate.certainty <= 1
    assert torch.isfinite(estimate.cdl.vector()).all()
    assert torch.isfinite(estimate.cdl.apply(ODD[one])).all()
    grade = match(ODD[one][None].numpy(), ODD[other][None].numpy(), aim="look", scene="different", samples=64)
    assert np.isfinite(grade.apply(ODD[one].numpy())).all()


def test_an_estimate_is_sure_between_0_and_1_and_shrinks_where_it_is_not() -> None:
    """The answer is the networks' mean, shrunk by how little they agree."""
    for one in NAMES[:3]:
        for other in NAMES[:3]:
            estimate = estimate_look(colours(one), colours(other))
            assert 0 <= estimate.certainty <= 1
            features = pair_features(*(colours(each)[_even(len(colours(each)))].unsqueeze(0) for each in (one, other)))
            answers = torch.stack([network(features)[0] for network in _networks()])
            vector = estimate.cdl.vector().float()
            found = torch.cat((vector[:3].log(), vector[3:6], vector[6:9].log(), vector[9:] - 1))
            mean = answers.mean(dim=0)
            share = float(found @ mean / mean.square().sum())
            torch.testing.assert_close(found, mean * share, atol=1e-4, rtol=0)
            assert -1e-4 <= share <= estimate.certainty + 1e-4
            assert (answers - answers[0]).abs().max() > 0


def _even(count: int) -> torch.Tensor:
    """Even steps through more colours than the networks know."""
    assert count > COLOURS
    return (torch.arange(COLOURS) + 0.5).mul(count / COLOURS).long()


def test_a_picture_of_one_strongly_coloured_thing_is_not_trusted_like_a_photograph() -> None:
    """A leaf from close by looks like a cast, and like nothing that the networks were shown."""
    shade = torch.rand(600, 1, generator=torch.Generator().manual_seed(2)) ** 2
    leaf = shade * torch.tensor([[0.35, 0.9, 0.02]])
    source = colours("warm-room.jpg")
    certainty, usual = (estimate_look(source, colours(each) if each else leaf).certainty for each in ("", NAMES[0]))
    assert certainty < 0.6 * usual
    features = pair_features(source[_even(len(source))].unsqueeze(0), leaf[:512].unsqueeze(0))
    assert all(float(network.unusual(features)) > MANY_UNUSUAL for network in _networks())


@pytest.mark.parametrize("name", NAMES)
def test_equal_pictures_are_hardly_changed(name: str) -> None:
    """Nearly the identity: the networks were never shown equal pictures, and turn them by 2.4 Lab units at most in the mean of
    the photographs here. The reference's own distribution is not known to them as such."""
    cdl = estimate_look(colours(name), colours(name)).cdl
    away = (srgb_to_lab(cdl.apply(colours(name))) - srgb_to_lab(colours(name))).norm(dim=1)
    assert away.mean() < 3


def test_a_strong_warm_look_is_followed_on_other_photographs() -> None:
    """Not the photographs' own difference: it is compared with the estimate for the reference without the look."""
    followed, nearer = [], []
    for one in NAMES:
        for other in NAMES:
            if one == other:
                continue
            source = colours(one)
            before, wanted = srgb_to_lab(source), srgb_to_lab(WARM.apply(source))
            plain, looked = (
                srgb_to_lab(estimate_look(source, reference).cdl.apply(source))
                for reference in (colours(other), WARM.apply(colours(other)))
            )
            right = (wanted - before).mean(dim=0)
            followed.append(float((looked - plain).mean(dim=0) @ right / right.square().sum()))
            nearer.append(bool((looked - wanted).norm(dim=1).mean() < (before - wanted).norm(dim=1).mean()))
    assert np.mean(np.array(followed) > 0) > 0.9
    assert 0.05 < np.mean(followed) < 1.2
    assert np.mean(nearer) > 0.5


def test_the_order_of_the_pixels_does_not_matter_to_the_features() -> None:
    one, other = colours(NAMES[0]).unsqueeze(0), colours(NAMES[1]).unsqueeze(0)
    shuffled = one[:, torch.randperm(one.shape[1], generator=torch.Generator().manual_seed(0))]
    torch.testing.assert_close(pair_features(shuffled, other), pair_features(one, other), atol=1e-3, rtol=0)


def test_pairs_are_described_one_by_one_as_together() -> None:
    several = torch.stack([colours(name)[:600] for name in NAMES])
    together = pair_features(several, several.flip(0))
    alone = torch.cat([pair_features(a[None], b[None]) for a, b in zip(several, several.flip(0), strict=True)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_equal_means_and_spreads_are_what_the_statistics_ask_for() -> None:
    source, reference = 0.2 + 0.5 * colours(NAMES[0]).unsqueeze(0), 0.1 + 0.6 * colours(NAMES[1]).unsqueeze(0)
    log_slope, offset = statistics_map(source, reference).split(3, dim=1)
    graded = source * log_slope.exp().unsqueeze(1) + offset.unsqueeze(1)
    torch.testing.assert_close(graded.mean(dim=1), reference.mean(dim=1), atol=1e-5, rtol=0)
    torch.testing.assert_close(graded.std(dim=1), reference.std(dim=1), atol=1e-3, rtol=0)


def test_an_open_gate_lets_the_statistics_through() -> None:
    network = LookNetwork(9, 4)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.gate.bias.fill_(50.0)
    features = torch.linspace(-1, 1, 9).unsqueeze(0)
    expected = torch.cat((features[:, -STATISTICS:], torch.zeros(1, 10 - STATISTICS)), dim=1)
    torch.testing.assert_close(network.eval()(features), expected)


def test_a_lut_for_a_look_is_the_look() -> None:
    source, target = asset(NAMES[0], 128), asset(NAMES[1], 128)
    ten, lut = (match(source, target, aim="look", scene="different", transform=each) for each in ("cdl", "lut"))
    assert isinstance(ten.transform, Cdl) and isinstance(lut.transform, Lut3D)
    graded = ten.apply(source)
    assert np.abs(lut.apply(source) - graded).mean() < 0.1 * np.abs(graded - source).mean()
    assert ten.report.took == lut.report.took == "look"
    assert ten.report.kept == lut.report.kept == ()
