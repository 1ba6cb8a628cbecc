"""The look of the app: neutral greys, system fonts, no request to any other server."""

from __future__ import annotations

import gradio as gr

TITLE = "ReSWD Studio"
INTRO = (
    '<div class="intro"><h1>ReSWD Studio</h1>'
    "<p>Give a photograph the colours of another one, and take the grade with you.</p></div>"
)

_FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]


def theme() -> gr.themes.Base:
    """Greys without any tint: a coloured page changes how the colours on it look."""
    grey = gr.themes.Color(
        c50="#f7f7f7", c100="#ededed", c200="#dfdfdf", c300="#c8c8c8", c400="#a0a0a0", c500="#777777",
        c600="#5a5a5a", c700="#444444", c800="#303030", c900="#242424", c950="#1b1b1b", name="plain",
    )  # fmt: skip
    base = gr.themes.Base(
        primary_hue=grey,
        secondary_hue=grey,
        neutral_hue=grey,
        font=_FONT,
        font_mono=_MONO,
        radius_size=gr.themes.sizes.radius_sm,
        spacing_size=gr.themes.sizes.spacing_md,
    )
    return base.set(
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


CSS = """
.gradio-container { max-width: 1560px !important; }
.intro { display: flex; align-items: baseline; gap: 14px; flex-wrap: wrap; padding: 2px 2px 0; }
.intro h1 { font-size: 19px; font-weight: 600; margin: 0; letter-spacing: .01em; }
.intro p { margin: 0; color: var(--body-text-color-subdued); }
.faint, .faint p { color: var(--body-text-color-subdued); }
.plain, .plain.block { background: none !important; border: none !important; padding: 0 !important; box-shadow: none !important; }
.message { margin: 0; padding: 8px 12px; border-left: 3px solid #9a9a9a; background: var(--background-fill-secondary);
  color: var(--body-text-color); overflow-wrap: anywhere; }
.about { margin: 0; font-size: 12px; line-height: 1.4; color: var(--body-text-color-subdued); overflow-wrap: anywhere; }
.about b { font-weight: 600; color: var(--body-text-color); display: block; }
.empty { display: flex; flex-direction: column; gap: 6px; align-items: center; justify-content: center; text-align: center;
  height: 440px; padding: 24px; border: 1px dashed var(--border-color-primary); border-radius: 6px;
  background: var(--block-background-fill); color: var(--body-text-color-subdued); }
.empty b { color: var(--body-text-color); font-weight: 600; font-size: 16px; }
.metrics { display: flex; flex-direction: column; gap: 2px; }
.metrics .label { font-weight: 500; }
.metrics .figures { font-size: 22px; line-height: 1.25; font-variant-numeric: tabular-nums; }
.metrics .before { color: var(--body-text-color-subdued); }
.metrics .faint { font-size: 13px; }
table.cdl { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; max-width: 420px; }
table.cdl th, table.cdl td { padding: 4px 10px 4px 0; border: none; border-bottom: 1px solid var(--border-color-primary); }
table.cdl th { text-align: left; font-weight: 500; }
table.cdl td, table.cdl tr:first-child th + th { text-align: right; }
.notes ul { margin: 4px 0 0 18px; padding: 0; list-style: disc; }
.notes li { overflow-wrap: anywhere; }
.swatches { display: flex; height: 44px; border-radius: 4px; overflow: hidden; }
.section h2 { font-size: 15px; font-weight: 600; margin: 6px 0 0; }
.section p { margin: 2px 0 0; color: var(--body-text-color-subdued); }
.downloads button { min-width: 72px !important; }
#examples .caption-label, #compared .caption-label { max-width: 100%; font-size: 12px; }
#examples .grid-wrap { max-height: none; }
footer { margin-top: 4px !important; }
"""
