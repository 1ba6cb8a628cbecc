"""Settings from whatever is sent."""

from __future__ import annotations

import math

import pytest

from reswd_torch import InputError
from reswd_torch.settings import PROTECTIONS
from studio.ui.settings import settings_from


@pytest.mark.parametrize("number", [None, "", "x", math.nan, math.inf, -math.inf, 10**400, [1], True])
def test_numbers_that_are_none_are_refused_in_one_line(number: object) -> None:
    plain = {"method": "fast", "transform": "auto", "strength": 1, "seed": 0, "device": "auto"}
    for name in ("strength", "seed"):
        with pytest.raises(InputError, match=name) as caught:
            settings_from(**{**plain, name: number})
        assert len(str(caught.value)) < 120


def test_a_large_seed_is_kept_to_the_last_digit() -> None:
    seed = 2**62 + 1
    made = settings_from(method="fast", transform="auto", strength=1, seed=seed, device="auto")
    assert made.seed == seed


@pytest.mark.parametrize(("sent", "aim"), [("auto", None), (None, None), ("look", "look"), ("colours", "colours")])
def test_an_aim_may_be_left_to_the_reference(sent: object, aim: str | None) -> None:
    made = settings_from(method="fast", transform="auto", strength=1, seed=0, device="auto", aim=sent)
    assert (made.aim, made.transform) == (aim, "auto")


@pytest.mark.parametrize("sent", ["style", "", 1, ["look"]])
def test_what_is_no_aim_is_refused(sent: object) -> None:
    with pytest.raises(InputError, match="unknown aim"):
        settings_from(method="fast", transform="auto", strength=1, seed=0, device="auto", aim=sent)


@pytest.mark.parametrize(
    ("sent", "protect"), [("all", PROTECTIONS), ("skin,greys", ("greys", "skin")), (["skin"], ("skin",)), ([], ())]
)
def test_what_a_mood_keeps_may_be_a_text_or_a_list(sent: object, protect: tuple[str, ...]) -> None:
    made = settings_from(method="fast", transform="auto", strength=1, seed=0, device="auto", protect=sent)
    assert made.protect == protect


@pytest.mark.parametrize("sent", ["hair", "", None, 1, [["skin"]], {"skin": True}])
def test_what_is_no_protection_is_refused(sent: object) -> None:
    with pytest.raises(InputError, match="unknown protection"):
        settings_from(method="fast", transform="auto", strength=1, seed=0, device="auto", protect=sent)
