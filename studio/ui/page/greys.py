"""Every grey of the page, in each of its three surrounds. None has a tint: a coloured page changes how colours on it look."""

from __future__ import annotations

from typing import NamedTuple

import gradio as gr

SURROUNDS = ("light", "mid", "dark")
"""The surrounds of a picture. Mid-grey reflects about 18 %, as the grey card does: colour is judged in it."""


class Greys(NamedTuple):
    """What one thing of the page looks like in each of :data:`SURROUNDS`, as a CSS colour."""

    light: str
    mid: str
    dark: str


GRADIO: dict[str, Greys] = {
    "body_background_fill": Greys("#e4e4e4", "#6e6e6e", "#1f1f1f"),
    "body_text_color": Greys("#1d1d1d", "#ffffff", "#e2e2e2"),
    "body_text_color_subdued": Greys("#505050", "#f5f5f5", "#b0b0b0"),
    "background_fill_primary": Greys("#f4f4f4", "#5d5d5d", "#2a2a2a"),
    "background_fill_secondary": Greys("#ebebeb", "#646464", "#252525"),
    "block_background_fill": Greys("#efefef", "#5d5d5d", "#2a2a2a"),
    "block_border_color": Greys("#cdcdcd", "#808080", "#3d3d3d"),
    "block_label_background_fill": Greys("#efefef", "#5d5d5d", "#2a2a2a"),
    "block_label_border_color": Greys("#cdcdcd", "#808080", "#3d3d3d"),
    "block_label_text_color": Greys("#2e2e2e", "#ffffff", "#d0d0d0"),
    "block_title_text_color": Greys("#242424", "#ffffff", "#dcdcdc"),
    "border_color_primary": Greys("#c9c9c9", "#858585", "#444444"),
    "border_color_accent": Greys("#767676", "#d8d8d8", "#8c8c8c"),
    "color_accent_soft": Greys("#d4d4d4", "#474747", "#444444"),
    "link_text_color": Greys("#1d1d1d", "#ffffff", "#e2e2e2"),
    "link_text_color_hover": Greys("#000000", "#ffffff", "#ffffff"),
    "link_text_color_active": Greys("#000000", "#ffffff", "#ffffff"),
    "link_text_color_visited": Greys("#1d1d1d", "#ffffff", "#e2e2e2"),
    "code_background_fill": Greys("#e0e0e0", "#4a4a4a", "#1b1b1b"),
    "table_border_color": Greys("#c9c9c9", "#858585", "#444444"),
    "table_even_background_fill": Greys("#f4f4f4", "#5d5d5d", "#232323"),
    "table_odd_background_fill": Greys("#ebebeb", "#575757", "#2a2a2a"),
    "stat_background_fill": Greys("#8a8a8a", "#c8c8c8", "#9a9a9a"),
    "input_background_fill": Greys("#fafafa", "#494949", "#1b1b1b"),
    "input_border_color": Greys("#767676", "#c4c4c4", "#808080"),
    "input_border_color_hover": Greys("#4a4a4a", "#ffffff", "#b0b0b0"),
    "input_border_color_focus": Greys("#1d1d1d", "#ffffff", "#ffffff"),
    "input_placeholder_color": Greys("#666666", "#d6d6d6", "#9c9c9c"),
    "button_primary_background_fill": Greys("#262626", "#f2f2f2", "#e2e2e2"),
    "button_primary_background_fill_hover": Greys("#3c3c3c", "#ffffff", "#ffffff"),
    "button_primary_text_color": Greys("#ffffff", "#1b1b1b", "#1b1b1b"),
    "button_primary_text_color_hover": Greys("#ffffff", "#1b1b1b", "#1b1b1b"),
    "button_secondary_background_fill": Greys("#d8d8d8", "#4c4c4c", "#3a3a3a"),
    "button_secondary_background_fill_hover": Greys("#cacaca", "#424242", "#484848"),
    "button_secondary_text_color": Greys("#1d1d1d", "#ffffff", "#f0f0f0"),
    "button_secondary_text_color_hover": Greys("#1d1d1d", "#ffffff", "#ffffff"),
    "slider_color": Greys("#3a3a3a", "#ffffff", "#d4d4d4"),
    "checkbox_background_color": Greys("#fafafa", "#494949", "#1b1b1b"),
    "checkbox_background_color_selected": Greys("#262626", "#f2f2f2", "#e2e2e2"),
    "checkbox_border_color": Greys("#6e6e6e", "#c8c8c8", "#949494"),
    "checkbox_border_color_hover": Greys("#3a3a3a", "#ffffff", "#d0d0d0"),
    "checkbox_border_color_focus": Greys("#1d1d1d", "#ffffff", "#ffffff"),
    "checkbox_border_color_selected": Greys("#262626", "#f2f2f2", "#e2e2e2"),
    "checkbox_label_background_fill": Greys("#dedede", "#686868", "#363636"),
    "checkbox_label_background_fill_hover": Greys("#d2d2d2", "#707070", "#424242"),
    "checkbox_label_background_fill_selected": Greys("#cdcdcd", "#474747", "#4c4c4c"),
    "checkbox_label_text_color": Greys("#1d1d1d", "#ffffff", "#e2e2e2"),
    "checkbox_label_text_color_selected": Greys("#1d1d1d", "#ffffff", "#ffffff"),
    "error_background_fill": Greys("#f4f4f4", "#5d5d5d", "#2a2a2a"),
    "error_border_color": Greys("#4a4a4a", "#ffffff", "#d0d0d0"),
    "error_text_color": Greys("#1d1d1d", "#ffffff", "#f0f0f0"),
    "error_icon_color": Greys("#1d1d1d", "#ffffff", "#f0f0f0"),
}
"""The greys of Gradio's parts, by the names that its theme has for them."""

OWN: dict[str, Greys] = {
    "surround": Greys("#e9e9e9", "#767676", "#1a1a1a"),
    "surround-text": Greys("#1d1d1d", "#ffffff", "#e2e2e2"),
    "focus": Greys("#141414", "#ffffff", "#ffffff"),
    "focus-gap": Greys("#ffffff", "#2a2a2a", "#000000"),
    "accent": Greys("#111111", "#ffffff", "#ffffff"),
    "track": Greys("#c2c2c2", "#3e3e3e", "#4a4a4a"),
    "thumb": Greys("#1d1d1d", "#ffffff", "#f4f4f4"),
    "mark": Greys("#ffffff", "#1b1b1b", "#1b1b1b"),
}
"""The greys that Gradio has no name for, by their CSS variables.

``surround`` is what lies behind a picture, ``surround-text`` is read on it, ``focus`` is the ring round what has the focus and
``focus-gap`` the line beside it that parts it from a picture, ``accent`` is what is chosen, ``track`` the empty part of a
slider, ``thumb`` its handle, ``mark`` the tick and the dot of what is chosen.
"""


def theme_colours() -> dict[str, str]:
    """The greys of Gradio's parts as its theme takes them, which knows light and dark."""
    light = {name: greys.light for name, greys in GRADIO.items()}
    return light | {f"{name}_dark": greys.dark for name, greys in GRADIO.items()}


def variables() -> str:
    """A style sheet with what the theme does not know: the own greys, and all greys of the surround mid-grey.

    Mid-grey builds on Gradio's class ``dark``, whose values it replaces.
    """
    sheet = [_rule(name, {f"--{own}": getattr(greys, name) for own, greys in OWN.items()}) for name in SURROUNDS]
    sheet += [_rule(name, {"--checkbox-check": _tick("1b1b1b")}) for name in ("mid", "dark")]
    sheet.append(_rule("mid", {f"--{name.replace('_', '-')}": greys.mid for name, greys in GRADIO.items()}))
    return "\n".join(sheet)


def _rule(surround: str, values: dict[str, str]) -> str:
    place = f':root[data-surround="{surround}"]'
    return f"{place}, {place} body {{ {' '.join(f'{name}: {value};' for name, value in values.items())} }}"


def _tick(grey: str) -> str:
    """The tick of a box, as a CSS image: Gradio's own is white, and so are boxes in the dark."""
    path = "M6.5 11.5 3 8l1.2-1.2 2.3 2.3 5.3-5.3L13 5z"
    drawing = f"<svg viewBox='0 0 16 16' fill='%23{grey}' xmlns='http://www.w3.org/2000/svg'><path d='{path}'/></svg>"
    return f'url("data:image/svg+xml,{drawing}")'


def plain_scale() -> gr.themes.Color:
    """The scale that Gradio takes every grey from which no table here names."""
    steps = {
        50: "f7",
        100: "ed",
        200: "df",
        300: "c8",
        400: "a0",
        500: "77",
        600: "5a",
        700: "44",
        800: "30",
        900: "24",
        950: "1b",
    }
    return gr.themes.Color(**{f"c{step}": f"#{grey * 3}" for step, grey in steps.items()}, name="plain")
