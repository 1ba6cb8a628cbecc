"""Controls that stand in more than one tab, and how events are registered."""

from __future__ import annotations

from typing import Any

import gradio as gr

from reswd_torch.settings import AUTO_SCENE, DIFFERENT_SCENE, METHODS, SAME_SCENE
from studio.ui import words

PRIVATE: dict[str, Any] = {"api_visibility": "private"}
"""Events of the page; other programs have the endpoints."""
QUICK: dict[str, Any] = {"show_progress": "hidden", **PRIVATE}
"""Events that are over before anybody waits."""
METHOD_CHOICES = [(words.METHOD_NAMES[name], name) for name in METHODS]
SCENE_CHOICES = [("Find out", AUTO_SCENE), ("The same scene", SAME_SCENE), ("Different scenes", DIFFERENT_SCENE)]
SCENE_HELP = "Of one scene, points seen in both tell light from content. Method Fast sliced only."
TRANSFORM_CHOICES = [("Automatic", "auto"), ("CDL", "cdl"), ("3-D LUT", "lut")]


def scene_choice(**options: Any) -> gr.Radio:
    """Where a person says whether picture and reference show the same things."""
    return gr.Radio(SCENE_CHOICES, value=AUTO_SCENE, label="Both pictures show", info=SCENE_HELP, **options)


def palette_box(**options: Any) -> gr.Textbox:
    """Where a palette is written."""
    return gr.Textbox(
        label="Palette",
        info="Hex colours; :2 makes one count twice",
        placeholder="#2b3a55:2, #e8c07d, #f4ead5",
        **options,
    )
