"""Where the colours that a prompt asks for are missing in a palette."""

from __future__ import annotations

import numpy as np
import pytest

from guidance.colour_names import BACKGROUNDS
from guidance.understood.explaining import Part, Understood
from guidance.understood.quarrelling import LEAST_SHARE, quarrels, share_of
from guidance.understood.roles import Role
from reswd_torch.palette import parse_palette


def colours(text: str) -> np.ndarray:
    return np.array(parse_palette(text).colors, np.float32)


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_a_colour_is_in_itself(name: str) -> None:
    assert share_of(name, colours(BACKGROUNDS[name])) == 1


@pytest.mark.parametrize(
    ("name", "palette", "there"),
    [
        ("blue", "#1f2f5c", True),  # navy
        ("blue", "#9ec5ff", True),  # a pale sky
        ("blue", "#e07a3f,#f3d9b1,#7b4a2d", False),
        ("red", "#7a1010", True),
        ("red", "#2b3a55,#e8c07d", False),
        ("green", "#556b2f", True),  # olive
        ("orange", "#7a4a2a", False),  # a brown
        ("brown", "#5b3a21", True),
        ("pink", "#ffc0cb", True),
        ("white", "#f6f4f0", True),
        ("white", "#2b3a55,#e8c07d", False),
        ("black", "#0a0a0a", True),
        ("gray", "#777777", True),
        ("gray", "#ff0000,#0000ff", False),
        ("purple", "#5a2a82", True),
        ("yellow", "#fff3a0", True),
        ("turquoise", "#008080", True),
    ],
)
def test_a_palette_has_what_people_call_so(name: str, palette: str, there: bool) -> None:
    assert (share_of(name, colours(palette)) >= LEAST_SHARE) == there


def test_what_is_missing_is_said_in_a_sentence_each() -> None:
    parts = (Part(Role.OBJECT, "dog", 1.0), Part(Role.OBJECT_COLOUR, "blue", 1.0), Part(Role.TOP, "orange", 1.0),
        Part(Role.BOTTOM, "blue", 1.0))  # fmt: skip
    understood = Understood("a blue dog on an orange to blue gradient background", parts)
    warm = colours("#ee8322,#d4281f")
    assert quarrels(understood, warm) == ["The prompt asks for blue; the palette has none."]
    assert quarrels(understood, warm, "reference") == ["The prompt asks for blue; the reference has none."]
    assert quarrels(understood, colours("#ee8322,#2a66d8")) == []
    assert quarrels(Understood("a dog"), warm) == []


def test_a_speck_is_none() -> None:
    speck = np.concatenate([np.tile(colours("#d4281f"), (99, 1)), colours("#2a66d8")])
    assert 0 < share_of("blue", speck) < LEAST_SHARE
    assert share_of("blue", np.zeros((0, 3), np.float32)) == 0
