"""What a person takes away: the buttons for it in more than one tab, and how a file that was made reaches their disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from reswd_torch.grade.formats import formats_for
from reswd_torch.settings import CUBE_SIZES
from studio.ui.guard import words_for
from studio.ui.wiring import PRIVATE

SETTINGS_KIND = "settings"
"""Beside the suffixes of grade files: what a settings file is asked for by."""
SAVE_JS = """(file) => {
  if (!file) return;
  const link = document.createElement('a');
  link.href = file.url; link.download = file.orig_name;
  document.body.appendChild(link); link.click(); link.remove();
}"""
"""Lets the browser save the file that was put into a gr.File, as that component's value."""


@dataclass(frozen=True, eq=False)
class GradeDownloads:
    """A grade, to take away.

    Attributes:
        grades: the button for the grade in each grade file format, by suffix.
        settings: the button for the settings.
        cube_size: the points of a .cube along each side.
        cube_line: how exact that .cube is.
        file: out of sight: the file on its way to the browser.
    """

    grades: dict[str, gr.Button]
    settings: gr.Button
    cube_size: gr.Radio
    cube_line: gr.HTML
    file: gr.File

    @property
    def buttons(self) -> dict[str, gr.Button]:
        """All buttons, by what they ask for."""
        return {**self.grades, SETTINGS_KIND: self.settings}


def download_button(label: str, elem_id: str, *, scale: int = 1, min_width: int = 72) -> gr.Button:
    """A button of the downloads; off until there is something to take away."""
    return gr.Button(f"↓ {label}", interactive=False, scale=scale, min_width=min_width, elem_id=elem_id)


def grade_buttons(prefix: str = "") -> dict[str, gr.Button]:
    """A button for each everyday grade file format, by suffix; ``prefix`` is that of the tab's ids."""
    return _grade_buttons(prefix, everyday=True)


def more_grade_buttons(prefix: str = "") -> dict[str, gr.Button]:
    """Lay out, folded, a button for each of the other formats, by suffix."""
    with gr.Accordion("Grade files for other programs", open=False, elem_id=f"{prefix}more-grades"):
        with gr.Row(elem_classes="downloads"):
            buttons = _grade_buttons(prefix, everyday=False)
        lines = "".join(f"<dt>{one.suffix}</dt><dd>{one.programs}</dd>" for one in formats_for(is_cdl=True))
        gr.HTML(f'<dl class="grade-programs">{lines}</dl>', padding=False)
    return buttons


def _grade_buttons(prefix: str, *, everyday: bool) -> dict[str, gr.Button]:
    return {
        one.suffix: download_button(one.label, f"{prefix}get-{one.suffix[1:].replace('.', '-')}")
        for one in formats_for(is_cdl=True)
        if one.everyday == everyday
    }


def cube_choice(prefix: str = "") -> tuple[gr.Radio, gr.HTML]:
    """Lay out, side by side, where the points of a .cube are chosen, and the line that says how exact it is."""
    with gr.Row(equal_height=False):
        size = gr.Radio(
            list(CUBE_SIZES), value=33, label="Points of the .cube", min_width=220, elem_id=f"{prefix}cube-size"
        )
        with gr.Column(min_width=240):
            line = gr.HTML(elem_id=f"{prefix}cube-line", padding=False)
    return size, line


def wire_downloads(
    buttons: Mapping[str, gr.Button], make: Callable[..., str | None], inputs: Sequence[Any], file: gr.File
) -> None:
    """Let each button have its file made, and the browser save it.

    Args:
        buttons: by what they ask for, which ``make`` is given as ``kind``.
        make: makes the file.
        inputs: of ``make``.
        file: out of sight: carries the file to the browser.
    """
    for kind, button in buttons.items():
        button.click(
            partial(make, kind=kind),
            list(inputs),
            file,
            show_progress_on=button,
            concurrency_id="download",
            concurrency_limit=2,
            **PRIVATE,
        ).success(None, file, None, js=SAVE_JS, **PRIVATE)


def made_or_said(make: Callable[[], str]) -> str | None:
    """A file that is made for a person; what goes wrong is said in a corner of the page."""
    try:
        return make()
    except Exception as error:
        gr.Warning(words_for(error, "a download"), title="No download")
    return None
