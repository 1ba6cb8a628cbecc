"""Every setting of guidance has a range, and what is outside of it is refused."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from guidance.settings import MAX_GRAIN, MAX_STRENGTH, GuidanceSettings
from reswd_torch import InputError

EDGES = [
    ("strength", 0, MAX_STRENGTH, -1e-6, MAX_STRENGTH + 1e-6),
    ("start", 0.0, 0.99, -0.01, 1.01),
    ("stop", 0.01, 1.0, -0.01, 1.01),
    ("linear_until", 0, 1, -0.01, 1.01),
    ("decode_scale", 1 / 64, 1.0, 0.01, 1.01),
    ("grain", 0, MAX_GRAIN, -0.1, MAX_GRAIN + 0.1),
    ("inner_steps", 1, 100, 0, 101),
    ("learning_rate", 1e-6, 10, 0, 11),
    ("seed", 0, 2**32 - 1, -1, 2**32),
]


@pytest.mark.parametrize("name, lowest, highest, below, above", EDGES)
def test_the_ends_of_a_range_go_and_what_is_beyond_is_refused(
    name: str, lowest: float, highest: float, below: float, above: float
) -> None:
    for value in (lowest, highest):
        assert getattr(GuidanceSettings(**{name: value}), name) == value
    for value in (below, above):
        with pytest.raises(
            InputError, match=f"^{name} {re.escape(repr(value))} is (out of range: give|not usable: give)"
        ):
            GuidanceSettings(**{name: value})


@pytest.mark.parametrize("name", [edge[0] for edge in EDGES])
@pytest.mark.parametrize("value", ["1", None, float("nan"), [1], 1j])
def test_what_is_no_number_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"^{name} "):
        GuidanceSettings(**{name: value})


@pytest.mark.parametrize("name", ["seed", "inner_steps"])
def test_whole_numbers_are_asked_for_where_they_count(name: str) -> None:
    with pytest.raises(InputError, match=f"^{name} 2.5 is"):
        GuidanceSettings(**{name: 2.5})
    assert getattr(GuidanceSettings(**{name: np.int64(7)}), name) == 7


def test_a_window_of_no_steps_is_refused() -> None:
    with pytest.raises(InputError, match="^start 0.6 is not before stop 0.4: guidance would do nothing$"):
        GuidanceSettings(start=0.6, stop=0.4)


def test_methods_are_named() -> None:
    with pytest.raises(InputError, match="^unknown guidance method 'adam': choose transport or gradient$"):
        GuidanceSettings(method="adam")
    with pytest.raises(InputError, match="^reevaluate=True asks for gradient steps: give method='gradient' with it$"):
        GuidanceSettings(reevaluate=True)
    assert GuidanceSettings(reevaluate=True, method="gradient").reevaluate


def test_settings_do_not_change_and_load_no_torch() -> None:
    with pytest.raises(FrozenInstanceError):
        GuidanceSettings().strength = 2.0  # type: ignore[misc]
    code = "import sys, guidance.settings; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
