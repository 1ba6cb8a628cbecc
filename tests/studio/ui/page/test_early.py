"""What the served page holds before any script of Gradio has run."""

from __future__ import annotations

import re

import gradio.routes
import pytest

from studio.ui.page import INTRO, surround_first
from studio.ui.page.early import EarlyLoader


def test_the_surround_comes_once_and_before_gradios_own_styles() -> None:
    surround_first()
    surround_first()
    environment = gradio.routes.templates.env
    assert isinstance(environment.loader, EarlyLoader) and not isinstance(environment.loader.loader, EarlyLoader)
    source, _, _ = environment.loader.get_source(environment, "frontend/index.html")
    assert source.count("dataset.surround") == 1
    assert source.index("<meta charset") < source.index("dataset.surround") < source.index("--bg-dark")
    assert source.index("dataset.surround") < source.index("<body")
    environment.from_string(source)  # it still is a template


@pytest.mark.parametrize(
    ("root", "base"), [("http://host", "/"), ("https://host:80/sub", "/sub/"), ("https://host/a/b", "/a/b/"), ("", "/")]
)
def test_files_are_looked_for_where_the_app_is_served(root: str, base: str) -> None:
    surround_first()
    environment = gradio.routes.templates.env
    assert environment.loader is not None
    source, _, _ = environment.loader.get_source(environment, "frontend/index.html")
    shown = environment.from_string(re.findall("<base .*?>", source)[0]).render(config={"root": root})
    assert shown == f'<base href="{base}" />' and source.count("<base ") == 1


def test_the_header_offers_every_surround_by_name() -> None:
    for value, name in (("system", "System"), ("dark", "Dark"), ("mid", "Mid-grey"), ("light", "Light")):
        assert f'value="{value}"' in INTRO and f"</i>{name}</label>" in INTRO
    assert "<legend>Surround</legend>" in INTRO
