"""Settings: one set of defaults, and every wrong value named."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

from reswd_torch.errors import InputError
from reswd_torch.settings import AIMS, METHODS, PROTECTIONS, TRANSFORMS, MatchSettings


def test_defaults() -> None:
    settings = MatchSettings()
    assert (settings.method, settings.transform, settings.strength, settings.seed) == ("fast", "auto", 1.0, 0)
    assert settings.aim is None
    assert settings.protect == PROTECTIONS == ("blacks", "greys", "skin", "highlights")
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.seed = 1  # type: ignore[misc]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_the_transform_is_the_methods_own_unless_it_is_given(method: str, transform: str) -> None:
    resolved = MatchSettings(method=method, transform=transform).resolved_transform
    own = {"fast": "auto", "reswd": "cdl"}.get(method, "lut")
    assert resolved == (own if transform == "auto" else transform)


def test_no_transform_is_auto() -> None:
    """As records had it, before there was a word for it."""
    settings = MatchSettings(transform=None)  # type: ignore[arg-type]
    assert settings.transform == "auto" and settings == MatchSettings()


@pytest.mark.parametrize("method", METHODS)
def test_the_aim_is_the_mood_of_pictures_and_else_the_colours(method: str) -> None:
    settings = MatchSettings(method=method)
    assert settings.aim_for(picture=True) == ("mood" if method == "fast" else "colours")
    assert settings.aim_for(picture=False) == "colours"


@pytest.mark.parametrize("aim", AIMS)
def test_an_aim_that_is_given_is_taken_where_it_can_be(aim: str) -> None:
    settings = MatchSettings(aim=aim)
    assert settings.aim_for(picture=True) == aim
    if aim == "look":
        with pytest.raises(InputError, match="aim 'look' needs a reference picture, not a palette: choose aim mood or"):
            settings.aim_for(picture=False)
    else:
        assert settings.aim_for(picture=False) == aim


@pytest.mark.parametrize("method", [name for name in METHODS if name != "fast"])
def test_a_method_that_knows_colours_alone_refuses_other_aims(method: str) -> None:
    assert MatchSettings(method=method, aim="colours").aim_for(picture=True) == "colours"
    for aim in ("look", "mood"):
        with pytest.raises(InputError, match=f"aim '{aim}' needs method fast, not {method}: leave the method out, or"):
            MatchSettings(method=method, aim=aim)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("all", PROTECTIONS),
        (["all"], PROTECTIONS),
        ("none", ()),
        ("greys", ("greys",)),
        ("skin, blacks", ("blacks", "skin")),
        (["skin", "blacks", "skin"], ("blacks", "skin")),
        ((), ()),
        ([], ()),
    ],
)
def test_what_a_mood_keeps_is_a_tuple_in_one_order(given: object, kept: tuple[str, ...]) -> None:
    settings = MatchSettings(protect=given)  # type: ignore[arg-type]
    assert settings.protect == kept
    assert MatchSettings(**json.loads(json.dumps(dataclasses.asdict(settings)))) == settings


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("method", "best", "unknown method 'best': choose one of fast, reswd, reinhard, mkl, histogram"),
        ("method", None, "unknown method None"),
        ("transform", "cube", "unknown transform 'cube': choose one of auto, cdl, lut"),
        ("aim", "style", "unknown aim 'style': choose one of look, mood, colours"),
        ("aim", "auto", "unknown aim 'auto'"),
        ("aim", ["look"], "unknown aim ['look']"),
        (
            "protect",
            "greys,hair",
            "unknown protection 'hair': choose from blacks, greys, skin, highlights, or all, or none",
        ),
        ("protect", ("all", "skin"), "unknown protection 'all'"),
        ("protect", "", "unknown protection ''"),
        ("protect", None, "unknown protection None"),
        ("protect", 1, "unknown protection 1"),
        ("protect", [["skin"]], "unknown protection ['skin']"),
        ("device", "gpu", "unknown device 'gpu': choose one of auto, cpu, cuda, mps"),
        ("strength", -0.1, "strength -0.1 is out of range: give a number from 0 to 4"),
        ("strength", 4.1, "strength 4.1"),
        ("strength", math.nan, "strength nan"),
        ("strength", math.inf, "strength inf"),
        ("strength", "1", "strength '1'"),
        ("strength", None, "strength None"),
        ("seed", -1, "seed -1"),
        ("seed", 2**63, "seed 9223372036854775808"),
        ("seed", 1.5, "seed 1.5"),
        ("seed", "0", "seed '0'"),
        ("samples", 0, "samples 0"),
        ("samples", 2**20 + 1, "samples 1048577"),
        ("samples", 10.0, "samples 10.0"),
    ],
)
def test_refused_with_the_value_in_one_line(name: str, value: object, said: str) -> None:
    with pytest.raises(InputError) as caught:
        MatchSettings(**{name: value})
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_numpy_numbers_become_plain_ones() -> None:
    settings = MatchSettings(strength=np.float32(0.5), seed=np.int64(3), samples=np.int32(100))
    assert json.loads(json.dumps(dataclasses.asdict(settings)))["seed"] == 3
    assert settings == MatchSettings(strength=0.5, seed=3, samples=100)


@pytest.mark.parametrize(
    ("field", "value"), [("strength", 10**400), ("strength", -(10**400)), ("seed", 10**400), ("samples", 10**400)]
)
def test_numbers_beyond_all_bounds_are_one_line(field: str, value: int) -> None:
    with pytest.raises(InputError, match=field) as caught:
        MatchSettings(**{field: value})
    assert len(str(caught.value)) < 150
