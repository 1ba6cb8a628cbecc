"""The compositions: captions name what pictures show, pairs held out are never drawn, shares are kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.things_for_tests import THINGS
from training import measures
from training.art import phrase
from training.colours import BACKGROUNDS, HUES, LABS, background, name_of, recolour, to_lab
from training.compose import Scene, caption, draw_scene, held_out, paint, place
from training.config import Data, read_config
from training.places import PLACES, SCENERY, Scenery

DATA = read_config("pocket-64").data
RICHER = read_config("pocket-128").data


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
    two = Scene(1, "box", "blue", ("white",), second=Scene(0, "ball", "red"))
    assert caption(two, THINGS) == "a blue box and a red ball on a white background"
    assert caption(Scene(1, "box", "blue", place="night sky"), THINGS) == "a blue box in the night sky"


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


@pytest.fixture(scope="module")
def scenery() -> Scenery:
    """Discs in place of trees and clouds, because tests do not download the art."""
    return dict.fromkeys(SCENERY, THINGS[0].art)


def test_a_richer_recipe_draws_places_and_second_objects_as_often_as_it_says() -> None:
    random = np.random.default_rng(2)
    scenes = [draw_scene(0, THINGS, RICHER, random) for _ in range(4000)]
    shares = RICHER.shares
    assert np.mean([scene.place is not None for scene in scenes]) == pytest.approx(shares.place, abs=0.03)
    elsewhere = [scene for scene in scenes if scene.place is None]
    assert np.mean([scene.second is not None for scene in elsewhere]) == pytest.approx(shares.second, abs=0.03)
    for scene in elsewhere:
        if scene.second is not None and scene.ground not in (None, ("white",)):
            assert scene.ground is not None
            for colour in scene.ground:
                assert not held_out("background", THINGS[scene.second.thing], colour, shares.held_out_backgrounds)


def test_the_second_object_stands_to_the_right_of_the_first() -> None:
    scene = Scene(0, "disc", "red", ("white",), second=Scene(1, "box", "blue"))
    picture = paint(scene, THINGS, RICHER, np.random.default_rng(0))
    half = RICHER.size // 2
    assert measures.object_colour(to_lab(np.ascontiguousarray(picture[:, :half]))) == "red"
    assert measures.object_colour(to_lab(np.ascontiguousarray(picture[:, half:]))) == "blue"


@pytest.mark.parametrize("name", list(PLACES))
def test_a_place_is_new_each_time_and_the_object_stands_in_it(name: str, scenery: Scenery) -> None:
    scene = Scene(0, "disc", "purple", place=name)
    first, again, other = (paint(scene, THINGS, RICHER, np.random.default_rng(seed), scenery) for seed in (1, 1, 2))
    assert first.shape == (RICHER.size, RICHER.size, 3)
    assert first.min() >= 0
    assert first.max() <= 1
    assert np.array_equal(first, again)
    assert np.abs(first - other).mean() > 0.02
    lab = to_lab(first)
    purple = LABS["purple"]
    near = np.linalg.norm(lab[..., 1:] - purple[1:], axis=-1) < 25
    assert near.mean() > 0.08, "the object is there"


def test_poses_vary_only_where_the_recipe_turns_objects() -> None:
    scene = Scene(2, "bar", "green", ("white",))

    def masks(data: Data) -> list[np.ndarray]:
        drawn = (paint(scene, THINGS, data, np.random.default_rng(seed)) for seed in range(8))
        return [measures.object_mask(to_lab(each)) for each in drawn]

    def extents(data: Data) -> np.ndarray:
        return np.array([[np.ptp(axis) / data.size for axis in np.nonzero(mask)] for mask in masks(data)])

    assert extents(DATA).std() < 0.06
    assert extents(RICHER).std() > 0.08
    for mask in masks(RICHER):
        edges = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
        assert edges.mean() < 0.1, "no pose pushes the object out of the picture"


def test_on_a_grid_an_object_is_the_same_few_pictures_moved_by_whole_cells() -> None:
    random = np.random.default_rng(5)
    seen: dict[bytes, list[tuple[int, int]]] = {}
    for _ in range(200):
        canvas = place(THINGS[1].art, RICHER, random)
        rows, columns = np.nonzero(canvas[..., 3])
        shown = canvas[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        seen.setdefault(shown.tobytes(), []).append((int(rows.min()), int(columns.min())))
    assert len(seen) == 6, "three poses in two sizes"
    for corners in seen.values():
        assert len(set(corners)) > 4
        apart = np.array(corners) - corners[0]
        assert not (apart % RICHER.grid).any()
    free = {place(THINGS[1].art, replace(RICHER, grid=1), random).tobytes() for _ in range(50)}
    assert len(free) == 50
