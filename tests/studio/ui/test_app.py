"""The app as a whole: what it loads, what it leaves behind, what it is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import gradio as gr
import pytest

from tests.conftest import ROOT


def test_importing_the_app_loads_no_diffusion() -> None:
    code = "import sys, app; assert not {'diffusers', 'transformers'} & set(sys.modules); print('fine')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "fine"


def test_no_stub_is_written_beside_the_sources() -> None:
    import studio.ui.app

    studio.ui.app.build_app()
    assert not list(Path(studio.ui.app.__file__).parent.glob("*.pyi"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
def test_nothing_is_left_when_the_server_is_told_to_end(tmp_path: Path) -> None:
    code = """
import os, signal, time
from types import SimpleNamespace
from studio.ui import app, session

def launch(**_):
    print(session.Session().new_place("a"))
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(20)

app.warm_up = lambda: None
app.build_app = lambda allowed: SimpleNamespace(launch=launch)
app.serve()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, "GRADIO_TEMP_DIR": str(tmp_path)},
    )  # fmt: skip
    assert str(tmp_path) in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_gradio_is_told_to_stay_at_home() -> None:
    from studio.ui.app import build_app, launch_options

    app = build_app()
    assert app.analytics_enabled is False
    options = launch_options()
    assert options["share"] is False
    assert options["pwa"] is True
    theme = options["theme"]
    assert isinstance(theme, gr.themes.Base)
    assert not any("fonts.googleapis" in sheet for sheet in theme._stylesheets)
