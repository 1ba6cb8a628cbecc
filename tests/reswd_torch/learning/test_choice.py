"""The choice between models, and the grades that come of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reswd_torch import InputError
from reswd_torch.color import linear_to_srgb, srgb_to_linear
from reswd_torch.grade import Cdl
from reswd_torch.learning import MODELS, PairColours, Score, check_model, learn
from reswd_torch.learning.choice import choose
from reswd_torch.profiles.coded import adobe_rgb

MATRIX = torch.tensor([[0.80, 0.15, 0.05], [0.08, 0.84, 0.08], [0.02, 0.18, 0.80]], dtype=torch.float64)
ROOTS = torch.tensor([[0.3, -0.2, 0.0], [0.0, 0.25, -0.2], [-0.2, 0.0, 0.3]], dtype=torch.float64)


def colours(count: int = 200, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.08, 0.9, (count, 3))


def pair(before: np.ndarray, after: np.ndarray) -> list[PairColours]:
    return [PairColours(before, after, np.arange(len(before)) % 5)]


def by_matrix(codes: np.ndarray) -> np.ndarray:
    return linear_to_srgb(srgb_to_linear(torch.from_numpy(codes)) @ MATRIX.T).numpy()


def by_roots(codes: np.ndarray) -> np.ndarray:
    linear = srgb_to_linear(torch.from_numpy(codes))
    red, green, blue = linear.unbind(dim=1)
    roots = torch.stack([(red * green).sqrt(), (green * blue).sqrt(), (red * blue).sqrt()], dim=1)
    return linear_to_srgb((linear @ MATRIX.T + roots @ ROOTS.T).clamp(0.001, 0.999)).numpy()


def by_cdl(codes: np.ndarray) -> np.ndarray:
    return Cdl((0.9, 0.8, 0.7), (0.05, 0.04, 0.06), (1.1, 1.0, 0.9), 0.8).apply(torch.from_numpy(codes)).numpy()


def by_matrix_and_curve(codes: np.ndarray) -> np.ndarray:
    graded = by_matrix(codes)
    return graded - 0.06 * np.sin(2 * np.pi * graded)


def by_a_twist(codes: np.ndarray) -> np.ndarray:
    """Greens are turned and the rest is left: what only a LUT can do."""
    strength = np.exp(-((codes - (0.3, 0.7, 0.3)) ** 2).sum(axis=1, keepdims=True) / 0.08)
    return codes + strength * (0.12, -0.05, 0.0)


@pytest.mark.parametrize(
    ("truth", "model"),
    [(by_cdl, "cdl"), (by_matrix, "matrix"), (by_matrix_and_curve, "matrix"), (by_roots, "root"), (by_a_twist, "lut")],
)
def test_the_model_that_the_pairs_were_made_by_is_found(truth, model: str) -> None:
    before = colours()
    noise = np.random.default_rng(1).normal(0.0, 0.003, before.shape)
    learned = learn(pair(before, np.clip(truth(before) + noise, 0.0, 1.0)))
    assert learned.model == model, learned.scores
    assert [one.model for one in learned.scores] == list(MODELS)
    fresh = colours(500, seed=7)
    off = np.abs(learned.grade.apply(fresh.astype(np.float32)) - truth(fresh))
    assert off.mean() < 0.012
    assert learned.grade.is_cdl == (model == "cdl")
    assert learned.score.mean < learned.before / 2
    assert learned.colours == 200 and learned.folds == 5
    assert MODELS[model] in learned.describe() and f"{model} {learned.score.mean:.2f}" in learned.describe()


def test_the_simplest_within_one_standard_error_wins() -> None:
    def scores(*means: float) -> list[Score]:
        return [Score(name, mean, mean, 0.1) for name, mean in zip(MODELS, means, strict=True)]

    assert choose(scores(1.05, 1.02, 1.0, 1.0)) == "cdl"
    assert choose(scores(1.2, 1.09, 1.0, 1.05)) == "matrix"
    assert choose(scores(2.0, 2.0, 2.0, 1.0)) == "lut"


def test_a_model_that_is_insisted_on_is_judged_alone() -> None:
    before = colours()
    learned = learn(pair(before, by_matrix(before)), "root")
    assert learned.model == "root" and [one.model for one in learned.scores] == ["root"]
    with pytest.raises(InputError, match="'cube' is not known: choose one of auto, cdl"):
        check_model("cube")


def test_a_chart_of_24_is_enough_for_a_matrix() -> None:
    before = colours(24, seed=3)
    learned = learn(pair(before, by_matrix(before)), "matrix")
    assert learned.score.mean < 0.3


def test_too_few_colours_are_refused() -> None:
    flat = np.full((500, 3), 0.5)
    with pytest.raises(InputError, match="1 distinct colours that are not clipped: at least 12"):
        learn(pair(flat, flat))
    few = colours(11)
    with pytest.raises(InputError, match="11 distinct"):
        learn(pair(few, few))
    with pytest.raises(InputError, match="0 distinct"):
        learn(pair(few[:0], few[:0]))


def test_in_another_encoding_its_own_light_counts() -> None:
    before = colours()
    light = before ** (563 / 256) @ MATRIX.numpy().T
    learned = learn(pair(before, light ** (256 / 563)), "matrix", icc=adobe_rgb())
    assert learned.score.mean < 0.1
    assert learned.grade.encoding.startswith("Adobe RGB")


def test_any_number_of_threads_gives_the_same_grade() -> None:
    before, threads = colours(64), torch.get_num_threads()
    grades = []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            grades.append(learn(pair(before, by_roots(before)), "root").grade)
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(grades[0].transform.values, grades[1].transform.values)
