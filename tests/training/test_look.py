"""The recipe of the look estimate: renditions and looks that stay in range and can be drawn again, photographs that are free, and
a training that learns."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from reswd_torch.matching import look
from reswd_torch.matching.look import SCALE, WEIGHTS, LookNetwork, estimate_look
from tests.conftest import ASSETS, ROOT
from training.look.__main__ import export
from training.look.examples import CONTENT, KEPT, LOOK, Banks, Examples, make_examples
from training.look.learn import Recipe, errors, judged, train
from training.look.photographs import Photographs
from training.look.renditions import LUMA, Looks, Renditions, light_matrices

LISTED = list(csv.DictReader((ROOT / "training" / "look" / "photographs.csv").read_text(encoding="utf-8").splitlines()))
FREE = ("public domain", "CC0", "CC BY", "GPL", "LGPL", "Unsplash")


@cache
def banks() -> Banks:
    return Banks(light_matrices(40, 1, mild=False), light_matrices(10, 2, mild=True))


@cache
def photographs() -> Photographs:
    return Photographs.read(sorted(ASSETS.glob("*.jpg"))[:4])


@cache
def examples(seed: int = 0) -> Examples:
    return make_examples(photographs(), banks(), 400, seed, same=0.35, jitter=1.0)


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _scene(seed: int = 0) -> torch.Tensor:
    """Linear colours of 64 scenes, black, white and pure colours among them."""
    scene = torch.rand(64, 40, 3, generator=_generator(seed)) ** 2
    scene[:, :8] = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 3)
    return scene


@pytest.mark.parametrize("mild", [True, False])
def test_renditions_stay_in_range(mild: bool) -> None:
    bank = banks().mild if mild else banks().wild
    for seed in range(4):
        rendition = Renditions.draw(bank, 64, _generator(seed), mild=mild)
        picture = rendition(_scene(seed))
        assert torch.isfinite(picture).all()
        assert 0 <= picture.min() <= picture.max() <= 1
        assert picture.std() > 0.1
        noisy = rendition.noisy(picture, _generator(seed))
        assert 0 <= noisy.min() <= noisy.max() <= 1
        torch.testing.assert_close((noisy * 255).round(), noisy * 255, atol=1e-3, rtol=0)
        assert (noisy - picture).abs().mean() < 0.02


def test_looks_stay_in_range_and_change_something() -> None:
    picture = _scene() ** 0.5
    for seed in range(4):
        looked = Looks.draw(64, _generator(seed))(picture)
        assert torch.isfinite(looked).all()
        assert 0 <= looked.min() <= looked.max() <= 1
        assert (looked - picture).abs().mean(dim=(1, 2)).min() > 0.003


def test_a_seed_draws_the_same_and_another_one_does_not() -> None:
    def drawn(seed: int) -> list[torch.Tensor]:
        generator = _generator(seed)
        rendition = Renditions.draw(banks().wild, 64, generator, mild=False)
        picture = rendition(_scene())
        return [picture, rendition.noisy(picture, generator), Looks.draw(64, generator)(picture)]

    first, again, another = drawn(5), drawn(5), drawn(6)
    for one, two, three in zip(first, again, another, strict=True):
        assert torch.equal(one, two)
        assert not torch.equal(one, three)
    assert torch.equal(light_matrices(6, 3, mild=False), light_matrices(6, 3, mild=False))
    assert not torch.equal(light_matrices(6, 3, mild=False), light_matrices(6, 4, mild=False))


def test_a_light_keeps_the_exposure_and_a_mild_one_keeps_white() -> None:
    white = torch.ones(3)
    for bank in banks():
        torch.testing.assert_close((bank @ white) @ torch.tensor(LUMA), torch.ones(len(bank)), atol=1e-5, rtol=0)
    casts = [((bank @ white) - 1).abs().amax(dim=1) for bank in banks()]
    assert casts[1].median() < 0.1
    assert casts[0].median() > 1.5 * casts[1].median()


def test_examples_are_whole_and_can_be_made_again() -> None:
    made = examples()
    assert made.features.shape[0] == made.kind.shape[0] == 400
    assert made.source.shape == made.truth.shape == (400, KEPT, 3)
    assert {LOOK, CONTENT} == set(made.kind.tolist())
    for colours in (made.source, made.truth):
        assert torch.isfinite(colours).all()
        assert 0 <= colours.min() <= colours.max() <= 1
    assert torch.isfinite(made.features).all()
    again = make_examples(photographs(), banks(), 400, 0, same=0.35, jitter=1.0)
    assert all(torch.equal(one, two) for one, two in zip(made, again, strict=True))
    assert not torch.equal(made.features, examples(1).features)


def test_photographs_become_colours_of_their_own() -> None:
    loaded = photographs()
    assert len(loaded) == 4
    some = loaded.some(0.5, 0)
    assert len(some) == 2
    assert torch.equal(some.tiles, loaded.some(0.5, 0).tiles)
    assert all((loaded.tiles == part).flatten(1).all(dim=1).any() for part in some.tiles)
    assert 0 <= loaded.tiles.min() <= loaded.tiles.max() <= 1
    palette = [set(map(tuple, tiles.reshape(-1, 3).tolist())) for tiles in loaded.tiles]
    first, other = loaded.scenes(30, 50, _generator(), same=1.0)
    for one, two in zip(first, other, strict=True):
        owners = [
            next(i for i, known in enumerate(palette) if all(tuple(c) in known for c in part.tolist()))
            for part in (one, two)
        ]
        assert owners[0] == owners[1]  # two halves of one photograph
    with pytest.raises(ValueError, match="README.md: not a picture"):
        Photographs.read([ROOT / "README.md"])


def test_a_training_learns_its_examples() -> None:
    """Briefly, on few: without dropout it gets far below doing nothing, and the same seed gets there again."""
    recipe = Recipe(steps=120, batch=48, hidden=32, drop=0.0, noise=0.0, decay=0.0, rate=5e-3)
    network = train(examples(), recipe, 0)
    table = judged([network], examples())
    for kind in ("content", "look"):
        assert table[kind]["look"] < 0.85 * table[kind]["nothing"]
    fresh = judged([train(examples(), Recipe(steps=0), 0)], examples())
    assert table["content"]["look"] < fresh["content"]["look"]
    again = train(examples(), Recipe(steps=3, batch=16), 1), train(examples(), Recipe(steps=3, batch=16), 1)
    assert torch.equal(again[0](examples().features), again[1](examples().features))


def test_errors_are_0_for_the_truth_and_those_of_nothing_for_the_identity() -> None:
    source = examples().source.float() * 0.6 + 0.2
    answers = torch.zeros(len(source), 10)
    answers[:, 3:6] = 0.1
    after, before = errors(answers, source, source + 0.1)
    assert after.max() < 0.1
    assert before.min() > 2
    torch.testing.assert_close(*errors(torch.zeros_like(answers), source, source + 0.1), atol=0.05, rtol=0)


def test_weights_that_are_written_answer_as_the_networks_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    networks = [train(examples(), Recipe(steps=20, batch=64, hidden=16), seed) for seed in (0, 1, 2)]
    export(networks, tmp_path / "look.npz")
    monkeypatch.setattr(look, "WEIGHTS", tmp_path / "look.npz")
    look._networks.cache_clear()
    try:
        read = look._networks()
        assert len(read) == 3
        features = examples().features[:50]
        for one, two in zip(networks, read, strict=True):
            away = (one(features) - two(features)) / torch.tensor(SCALE)
            assert away.abs().max() < 0.02
        estimate = estimate_look(*torch.rand(2, 600, 3, generator=_generator()))
        assert 0 < estimate.certainty < 1
    finally:
        look._networks.cache_clear()


def test_the_weights_that_are_shipped_are_those_of_the_features() -> None:
    with np.load(WEIGHTS) as stored:
        state = {name: stored[name] for name in stored.files}
    networks, features = state["mean"].shape
    assert networks >= 3
    assert features == examples().features.shape[1]
    assert set(state) == set(LookNetwork(features, 4).state_dict())
    assert all(np.isfinite(values).all() for values in state.values())
    assert WEIGHTS.stat().st_size < 1_000_000


def test_photographs_are_listed_with_a_licence_and_a_use() -> None:
    assert len({row["file"] for row in LISTED}) == len(LISTED) > 40
    assert set(LISTED[0]) == {"file", "source", "licence", "use"}
    for row in LISTED:
        assert row["use"] in ("train", "check")
        assert row["source"].strip()
        assert any(word in row["licence"] for word in FREE), row
        assert Path(row["file"]).name == row["file"]
    by_use = {use: {row["source"] for row in LISTED if row["use"] == use} for use in ("train", "check")}
    assert by_use["train"] and by_use["check"]
    assert not by_use["train"] & by_use["check"]  # whole sources are kept for checking


def test_the_card_of_the_weights_names_every_source() -> None:
    card = " ".join(WEIGHTS.with_suffix(".md").read_text(encoding="utf-8").split())
    missing = sorted({row["source"] for row in LISTED if row["source"].removeprefix("Debian ") not in card})
    assert not missing
    unsaid = sorted({row["licence"] for row in LISTED if row["use"] == "train" and row["licence"] not in card})
    assert not unsaid
    assert "assets" in card
