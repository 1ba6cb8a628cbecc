"""The look of the app: neutral greys, system fonts."""

from __future__ import annotations

import gradio as gr

_FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]


def theme() -> gr.themes.Base:
    """The theme of the page. Its greys have no tint: a coloured page changes how the colours on it look."""
    return _base().set(
        body_background_fill="#e4e4e4",
        body_background_fill_dark="#1f1f1f",
        body_text_color="#1d1d1d",
        body_text_color_dark="#e2e2e2",
        body_text_color_subdued="#565656",
        body_text_color_subdued_dark="#a8a8a8",
        background_fill_primary="#f4f4f4",
        background_fill_primary_dark="#2a2a2a",
        background_fill_secondary="#ebebeb",
        background_fill_secondary_dark="#252525",
        block_background_fill="#efefef",
        block_background_fill_dark="#2a2a2a",
        block_border_color="#d2d2d2",
        block_border_color_dark="#3a3a3a",
        block_label_background_fill="#efefef",
        block_label_background_fill_dark="#2a2a2a",
        block_label_text_color="#3a3a3a",
        block_label_text_color_dark="#c8c8c8",
        block_title_text_color="#2a2a2a",
        block_title_text_color_dark="#d6d6d6",
        block_title_text_weight="500",
        input_background_fill="#fafafa",
        input_background_fill_dark="#1f1f1f",
        button_primary_background_fill="#262626",
        button_primary_background_fill_hover="#3c3c3c",
        button_primary_background_fill_dark="#e2e2e2",
        button_primary_background_fill_hover_dark="#ffffff",
        button_primary_text_color="#ffffff",
        button_primary_text_color_hover="#ffffff",
        button_primary_text_color_dark="#1b1b1b",
        button_primary_text_color_hover_dark="#1b1b1b",
        button_secondary_background_fill="#dedede",
        button_secondary_background_fill_hover="#d0d0d0",
        button_secondary_background_fill_dark="#3a3a3a",
        button_secondary_background_fill_hover_dark="#484848",
        slider_color="#4a4a4a",
        slider_color_dark="#b8b8b8",
        checkbox_background_color_selected="#262626",
        checkbox_background_color_selected_dark="#b8b8b8",
        checkbox_label_background_fill_selected="#d4d4d4",
        checkbox_label_background_fill_selected_dark="#454545",
        checkbox_label_text_color_selected="#1d1d1d",
        checkbox_label_text_color_selected_dark="#f0f0f0",
    )


def _base() -> gr.themes.Base:
    """Shapes, fonts and greys; :func:`theme` says where each grey goes."""
    grey = gr.themes.Color(
        c50="#f7f7f7",
        c100="#ededed",
        c200="#dfdfdf",
        c300="#c8c8c8",
        c400="#a0a0a0",
        c500="#777777",
        c600="#5a5a5a",
        c700="#444444",
        c800="#303030",
        c900="#242424",
        c950="#1b1b1b",
        name="plain",
    )
    return gr.themes.Base(
        primary_hue=grey,
        secondary_hue=grey,
        neutral_hue=grey,
        font=_FONT,
        font_mono=_MONO,
        radius_size=gr.themes.sizes.radius_sm,
        spacing_size=gr.themes.sizes.spacing_md,
    )
