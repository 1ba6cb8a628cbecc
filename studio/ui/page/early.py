"""What the page holds before Gradio's own script has run: where its files lie, and the surround that a person chose, so that no
other one is seen first.

Gradio adds the styles and scripts that ``launch`` is given only when its own script has begun.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gradio.routes
from jinja2 import BaseLoader, Environment

from studio.ui.page.greys import GRADIO, SURROUNDS, variables

_SCRIPT = Path(__file__).with_name("surround.js")
_NARROW = "@media (max-width: 760px) { .main.fillable { padding: 8px !important; } }"
"""A phone's page has the width of the phone. Gradio lets the app's own styles reach what lies within this element only."""
_PLACE = "<style>"
"""In Gradio's page: where its own first styles begin."""
_GRADIO_BASE = """<base href="{{ base_url | default('./') }}" />"""
_BASE = """<base href="/{% for part in config.get('root', '').split('/')[3:] %}{{ part }}/{% endfor %}" />"""
"""Gradio's files lie below the folder in which the app is served. For Gradio this is the folder of the page's address, which is
another one where that lacks the slash at its end, as http://host/sub does behind a web server that takes /sub off."""


class EarlyLoader(BaseLoader):
    """Gradio's templates, with the surround in the head of each page, and the folder of its files.

    Args:
        loader: of Gradio.
    """

    def __init__(self, loader: BaseLoader) -> None:
        self.loader = loader

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The text of a template, as Jinja asks for it."""
        source, name, fresh = self.loader.get_source(environment, template)
        source = source.replace(_GRADIO_BASE, _BASE, 1)
        return source.replace(_PLACE, f"{{% raw %}}{_early()}{{% endraw %}}{_PLACE}", 1), name, fresh


def surround_first() -> None:
    """Let every page be served with its surround. A second call changes nothing."""
    environment = gradio.routes.templates.env
    if environment.loader is not None and not isinstance(environment.loader, EarlyLoader):
        environment.loader = EarlyLoader(environment.loader)


def _early() -> str:
    """The script that sets the surround, and the styles that go by it."""
    back, text = GRADIO["body_background_fill"], GRADIO["body_text_color"]
    bodies = (
        f':root[data-surround="{name}"] body {{ background: {getattr(back, name)}; color: {getattr(text, name)}; }}'
        for name in SURROUNDS
    )
    styles = "\n".join([variables(), *bodies, _NARROW])
    return f"<style>{styles}</style><script>{_SCRIPT.read_text(encoding='utf-8')}</script>"
