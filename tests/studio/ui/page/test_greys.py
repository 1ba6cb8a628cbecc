"""The greys of the page: without a tint, and far enough apart to be read and seen."""

from __future__ import annotations

import re

import pytest

from studio.ui.page.greys import GRADIO, OWN, SURROUNDS, Greys, theme_colours, variables

ALL = GRADIO | OWN
_TEXT, _PART = 4.5, 3.0
"""Contrast that WCAG 2.2 AA asks of text, and of the parts of controls."""
BEHIND = {
    "body_text_color": ("body_background_fill", "block_background_fill", "background_fill_primary"),
    "body_text_color_subdued": ("body_background_fill", "block_background_fill", "background_fill_secondary"),
    "block_label_text_color": ("block_label_background_fill",),
    "block_title_text_color": ("block_background_fill",),
    "input_placeholder_color": ("input_background_fill",),
    "button_primary_text_color": ("button_primary_background_fill", "button_primary_background_fill_hover"),
    "button_secondary_text_color": ("button_secondary_background_fill", "button_secondary_background_fill_hover"),
    "checkbox_label_text_color": ("checkbox_label_background_fill", "checkbox_label_background_fill_hover"),
    "checkbox_label_text_color_selected": ("checkbox_label_background_fill_selected",),
    "surround-text": ("surround",),
    "accent": ("body_background_fill",),
}
BESIDE = {
    "input_border_color": ("block_background_fill", "input_background_fill"),
    "checkbox_border_color": ("checkbox_label_background_fill", "block_background_fill", "checkbox_background_color"),
    "checkbox_background_color_selected": ("checkbox_label_background_fill_selected", "mark"),
    "slider_color": ("block_background_fill", "track"),
    "thumb": ("block_background_fill",),
    "focus": ("body_background_fill", "block_background_fill", "surround", "focus-gap"),
}


def _light(grey: str) -> float:
    """Relative luminance of "#rrggbb"."""
    value = int(grey[1:3], 16) / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_light(one), _light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ALL)
def test_no_grey_has_a_tint(name: str) -> None:
    for grey in ALL[name]:
        assert re.fullmatch(r"#([0-9a-f]{2})\1\1", grey), grey


@pytest.mark.parametrize("surround", SURROUNDS)
@pytest.mark.parametrize(("pairs", "least"), [(BEHIND, _TEXT), (BESIDE, _PART)], ids=["text", "controls"])
def test_what_is_read_and_pressed_stands_out(pairs: dict[str, tuple[str, ...]], least: float, surround: str) -> None:
    for name, behind in pairs.items():
        for other in behind:
            found = _contrast(getattr(ALL[name], surround), getattr(ALL[other], surround))
            assert found >= least, f"{name} on {other}: {found:.2f}"


def test_the_chosen_tab_stands_out_more_than_the_others() -> None:
    for surround in SURROUNDS:
        back = getattr(GRADIO["body_background_fill"], surround)
        chosen, other = (getattr(ALL[name], surround) for name in ("accent", "body_text_color_subdued"))
        assert _contrast(chosen, back) > _contrast(other, back)


def test_in_the_dark_the_filled_part_of_a_slider_is_the_brighter_one() -> None:
    for surround in ("mid", "dark"):
        assert _light(getattr(GRADIO["slider_color"], surround)) > _light(getattr(OWN["track"], surround))


def test_mid_grey_reflects_as_much_as_a_grey_card() -> None:
    assert _light(OWN["surround"].mid) == pytest.approx(0.18, abs=0.01)


def test_the_theme_has_light_and_dark_and_the_sheet_the_third() -> None:
    colours = theme_colours()
    assert (colours["slider_color"], colours["slider_color_dark"]) == (
        GRADIO["slider_color"].light,
        GRADIO["slider_color"].dark,
    )
    sheet = variables()
    for name, greys in GRADIO.items():
        assert f"--{name.replace('_', '-')}: {greys.mid};" in sheet
    for surround in SURROUNDS:
        assert f"--surround: {getattr(OWN['surround'], surround)};" in sheet
    assert isinstance(OWN["surround"], Greys)
