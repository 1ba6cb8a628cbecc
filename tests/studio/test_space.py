"""The app as a ZeroGPU Space starts it: it holds its model before it is opened, and offers no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.studio.service.guide.test_gpu import run_on_a_space

_SCRIPT = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
import app
from reswd_torch.errors import InputError
from studio.jobs import PaintJob
from studio.service.guide import pipelines
from studio.service.guide.run import default_generation
from studio.service.guide.stream import paint
from studio.ui.guide.run import model_from, models

assert [key[:2] for key in pipelines._kept] == [("pocket-64", "auto")], "loaded before the app starts"
assert models() == ("pocket-64",)
try:
    model_from("stabilityai/sdxl-turbo")
except InputError as error:
    print(error)
*_, result = paint(PaintJob(default_generation("pocket-64", "an owl", steps=2)), "auto", Path(sys.argv[1]) / "stop")
assert result.image.size == (64, 64), "the held model paints, in a process that was forked from the app's"
"""


@pytest.mark.slow
def test_the_app_holds_its_model_and_offers_no_other(tmp_path: Path) -> None:
    done = run_on_a_space(_SCRIPT, tmp_path, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "run the app on your own machine" in done.stdout
    assert "worker ended" in (tmp_path / "log").read_text()
