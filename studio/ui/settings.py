"""Settings from what the page or another program sends: anything, until it was looked at here."""

from __future__ import annotations

import math
from typing import Any

from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings


def as_sent(component: Any) -> Any:
    """Have a component hand over what was sent as it is.

    Gradio's own checks answer an empty or an infinite number with an error for programmers; :func:`settings_from` checks
    with words for everyone. A method of one instance, not a subclass: Gradio writes a .pyi file beside every class that
    inherits from a component.
    """
    component.preprocess = lambda payload: payload
    return component


def settings_from(
    *, method: Any, transform: Any, strength: Any, seed: Any, device: Any, scene: Any = MatchSettings.scene
) -> MatchSettings:
    """The settings; ``transform`` may be "auto". Raises InputError for whatever is no setting."""
    return MatchSettings(
        method=method,
        transform=None if transform == "auto" else transform,
        strength=strength_from(strength),
        seed=whole_number(seed, "seed"),
        device=device,
        scene=scene,
    )


def strength_from(value: Any) -> float:
    """A strength. Raises InputError."""
    number = _number(value)
    if math.isnan(number):
        raise InputError(f"The strength is {_shown(value)}: give a number from 0 to 4.")
    return MatchSettings(strength=number).strength


def number_from(value: Any, name: str) -> float:
    """A number. Raises InputError for whatever is none."""
    number = _number(value)
    if not math.isfinite(number):
        raise InputError(f"The {name} is {_shown(value)}: give a number.")
    return number


def whole_number(value: Any, name: str) -> int:
    """A whole number. Raises InputError for whatever is none."""
    number = _number(value)
    if not math.isfinite(number) or number != int(number):
        raise InputError(f"The {name} is {_shown(value)}, not a whole number: give 0, 1, 2 ...")
    return int(value)  # not by way of float, which holds large seeds only roughly


def _number(value: Any) -> float:
    """NaN for whatever is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _shown(value: Any) -> str:
    return "empty" if value is None or value == "" else repr(value)[:40]
