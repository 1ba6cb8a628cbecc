"""The look of the app: neutral greys, system fonts."""

from __future__ import annotations

import gradio as gr

from studio.ui.page.greys import plain_scale, theme_colours

_FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]


def theme() -> gr.themes.Base:
    """The theme of the page in its light and its dark surround; its mid-grey one is in :mod:`studio.ui.page.greys`."""
    grey = plain_scale()
    base = gr.themes.Base(
        primary_hue=grey,
        secondary_hue=grey,
        neutral_hue=grey,
        font=_FONT,
        font_mono=_MONO,
        radius_size=gr.themes.sizes.radius_sm,
        spacing_size=gr.themes.sizes.spacing_md,
    )
    return base.set(block_title_text_weight="500", input_border_width="1px", **theme_colours())
