"""Settings from what the page or another program sends: anything, until it was looked at here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

from gradio.components import Component

from reswd_torch.errors import InputError
from reswd_torch.grade.trims import NEUTRAL, Trims
from reswd_torch.pairs import checked_pairs
from reswd_torch.settings import MatchSettings

Sent = Any
"""A value as it was sent by the page or by another program: anything, whatever the control on the page allows."""
_AnyComponent = TypeVar("_AnyComponent", bound=Component)
AUTO_AIM = "auto"
"""Sent for an aim that is left to the method and the reference: the mood, or all colours."""


def as_sent(component: _AnyComponent) -> _AnyComponent:
    """Have a component hand over what was sent as it is, a :data:`Sent` value.

    Gradio's own checks answer an empty or an infinite number with an error for programmers; :func:`settings_from` checks
    with words for everyone. A method of one instance, not a subclass: Gradio writes a .pyi file beside every class that
    inherits from a component.
    """
    component.preprocess = lambda payload: payload  # type: ignore[method-assign]
    return component


def settings_from(
    *,
    method: Sent,
    transform: Sent,
    strength: Sent,
    seed: Sent,
    device: Sent,
    scene: Sent = MatchSettings.scene,
    aim: Sent = AUTO_AIM,
    protect: Sent = MatchSettings.protect,
    trims: Trims = NEUTRAL,
    pairs: Sequence[str] = (),
) -> MatchSettings:
    """The settings of a match. ``aim`` may be :data:`AUTO_AIM`; all else is as for MatchSettings.

    Raises InputError for whatever is no setting.
    """
    return MatchSettings(
        method=method,
        transform=transform,
        aim=None if aim == AUTO_AIM else aim,
        protect=protect,
        strength=strength_from(strength),
        seed=whole_number(seed, "seed"),
        device=device,
        scene=scene,
        trims=trims,
        pairs=checked_pairs(pairs),
    )


def strength_from(value: Sent) -> float:
    """A strength from 0 to 4. Raises InputError for anything else."""
    number = _number(value)
    if math.isnan(number):
        raise InputError(f"The strength is {_shown(value)}: give a number from 0 to 4.")
    return MatchSettings(strength=number).strength


def number_from(value: Sent, name: str) -> float:
    """A number. Raises InputError for whatever is none."""
    number = _number(value)
    if not math.isfinite(number):
        raise InputError(f"The {name} is {_shown(value)}: give a number.")
    return number


def whole_number(value: Sent, name: str) -> int:
    """A whole number. Raises InputError for whatever is none."""
    number = _number(value)
    if not math.isfinite(number) or number != int(number):
        raise InputError(f"The {name} is {_shown(value)}, not a whole number: give 0, 1, 2 ...")
    return int(value)  # not through float, which holds large seeds only roughly


def _number(value: Sent) -> float:
    """The value as a float; NaN for whatever is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _shown(value: Sent) -> str:
    return "empty" if value is None or value == "" else repr(value)[:40]
