"""The compositions: captions name what pictures show, pairs held out are never drawn, shares are kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.things_for_tests import THINGS
from training import measures
from training.art import phrase
from training.colours import BACKGROUNDS, HUES, LABS, background, name_of, recolour, to_lab
from training.compose import Scene, caption, draw_scene, held_out, paint
from training.config import read_config

DATA = read_config().data


@pytest.mark.parametrize(
    ("words", "name", "said"),
    [
        ("dog", "dog", "a dog"),
        ("owl", "owl", "an owl"),
        ("orange dog", "dog", "an orange dog"),
        ("ufo", "ufo", "a ufo"),
        ("umbrella", "umbrella", "an umbrella"),
        ("unicorn", "unicorn", "a unicorn"),
        ("blue jeans", "jeans", "blue jeans"),
    ],
)
def test_articles(words: str, name: str, said: str) -> None:
    assert phrase(words, name) == said


def test_captions_name_what_the_scene_names() -> None:
    assert caption(Scene(0, "disc"), THINGS) == "a disc"
    assert caption(Scene(0, "ball", "orange", ("red",)), THINGS) == "an orange ball on a red background"
    gradient = Scene(1, "box", None, ("orange", "pink"))
    assert caption(gradient, THINGS) == "a box on an orange to pink gradient background"


def test_pairs_kept_from_training_are_never_drawn_and_there_are_some() -> None:
    random = np.random.default_rng(0)
    kept = 0
    for colour in HUES:
        kept += sum(held_out("colour", thing, colour, DATA.shares.held_out_colours) for thing in THINGS)
    assert kept > 0
    for _ in range(3000):
        scene = draw_scene(int(random.integers(len(THINGS))), THINGS, DATA, random)
        thing = THINGS[scene.thing]
        if scene.colour:
            assert not held_out("colour", thing, scene.colour, DATA.shares.held_out_colours)
        for colour in scene.ground or ():
            if scene.ground != ("white",):
                assert not held_out("background", thing, colour, DATA.shares.held_out_backgrounds)


def test_shares_are_what_the_recipe_says() -> None:
    random = np.random.default_rng(1)
    scenes = [draw_scene(0, THINGS, DATA, random) for _ in range(4000)]
    shares = DATA.shares
    unnamed = np.mean([scene.ground is None for scene in scenes])
    assert unnamed == pytest.approx(shares.background_unnamed_white + shares.background_unnamed_any, abs=0.03)
    assert np.mean([scene.word == "ball" for scene in scenes]) == pytest.approx(shares.keyword, abs=0.03)
    assert np.mean([scene.colour is not None for scene in scenes]) == pytest.approx(shares.recoloured, abs=0.03)
    assert not any(scene.word == "orb" for scene in scenes), "keywords held out stay out"


@pytest.mark.parametrize("colour", list(HUES))
@pytest.mark.parametrize("ground", ["white", "brown"])
def test_a_picture_has_the_colours_its_caption_names(colour: str, ground: str) -> None:
    for index in range(len(THINGS)):
        random = np.random.default_rng(index)
        lab = to_lab(paint(Scene(index, "thing", colour, (ground,)), THINGS, DATA, random))
        assert measures.object_colour(lab) == colour
        assert measures.background_names(lab) == (ground, ground)


def test_a_gradient_runs_from_top_to_bottom() -> None:
    lab = to_lab(paint(Scene(2, "bar", None, ("blue", "yellow")), THINGS, DATA, np.random.default_rng(0)))
    assert measures.background_names(lab) == ("blue", "yellow")


def test_a_recoloured_object_keeps_its_shape_and_its_white() -> None:
    thing = THINGS[0]
    assert thing.hue is not None
    made = recolour(thing.art, thing.hue, "green")
    assert np.array_equal(made[..., 3], thing.art[..., 3])
    assert made[72, 72, :3].min() > 0.9, "the white spot"


@pytest.mark.parametrize("name", list(BACKGROUNDS))
def test_every_colour_is_nearest_to_its_own_name(name: str) -> None:
    assert name_of(LABS[name], BACKGROUNDS) == name
    random = np.random.default_rng(2)
    named = [name_of(to_lab(background(name, random)), BACKGROUNDS) for _ in range(50)]
    assert named.count(name) >= 48


def test_the_same_seed_paints_the_same_picture() -> None:
    one, other = (paint(Scene(1, "box"), THINGS, DATA, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one, other)
    assert one.shape == (DATA.size, DATA.size, 3)
    larger = replace(DATA, size=128, art_size=(104, 120))
    assert paint(Scene(1, "box"), THINGS, larger, np.random.default_rng(7)).shape == (128, 128, 3)
