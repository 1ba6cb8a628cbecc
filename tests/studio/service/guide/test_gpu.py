"""The shim for ZeroGPU: nothing at all elsewhere; there, what needs the GPU works from another process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.service.guide.gpu import gpu, zero_gpu
from tests.conftest import ASSETS, ROOT, digest


@pytest.mark.parametrize(
    ("value", "is_so"), [(None, False), ("", False), ("false", False), ("true", True), ("1", True)]
)
def test_the_space_says_what_it_is(monkeypatch: pytest.MonkeyPatch, value: str | None, is_so: bool) -> None:
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    if value is not None:
        monkeypatch.setenv("SPACES_ZERO_GPU", value)
    assert zero_gpu() is is_so


def _function() -> int:
    return 1


def test_elsewhere_a_function_stays_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = type(sys)("spaces")
    fake.GPU = lambda duration: pytest.fail("asked for a GPU")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "spaces", fake)
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    assert gpu(lambda: 1)(_function) is _function
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", None)  # not installed
    assert gpu(lambda: 1)(_function) is _function


_SCRIPT = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings
from studio.jobs import PaintJob
from studio.service.guide import pipelines
from studio.service.guide.png import save_painted
from studio.service.guide.run import default_generation, run_guide, run_paint
from studio.service.guide.stream import hold_models, paint
from studio.service.match import run_match
from studio.watch import Cancelled
from tests.studio.jobs_for_tests import guide_job, match_job

hold_models(("pocket-64",), "auto")
assert [key[:2] for key in pipelines._kept] == [("pocket-64", "auto")], "held before the first call"
out, assets = Path(sys.argv[1]), Path(sys.argv[2])
job = guide_job(default_generation("pocket-64", "an owl", steps=6), reference=assets / "bridge-night.jpg", plain=True)

*events, result = paint(job, "auto", out / "stop")
assert [event.text for event in events if event.preview is not None] == ["step 3 of 6", "step 6 of 6"]
save_painted(result, out / "there.png", plain=out / "there-plain.png")
save_painted(run_guide(job), out / "here.png", plain=out / "here-plain.png")

long = guide_job(default_generation("pocket-64", "an owl", steps=200), palette="#123")
try:
    for event in paint(long, "auto", out / "stop"):
        if event.text == "step 3 of 200":
            (out / "stop").touch()
except Cancelled as error:
    log = (out / "log").read_text()
    assert log.count("worker ended") == log.count("process "), "no process is held until garbage is collected"
    print("stopped")
(out / "stop").unlink()

abandoned = paint(long, "auto", out / "stop2")
while next(abandoned).share == 0:
    pass
abandoned.close()

alone = PaintJob(default_generation("pocket-64", "an owl", steps=2))
*events, result = paint(alone, "auto", out / "stop")
assert [event.text for event in events] == ["starting", "step 1 of 2", "step 2 of 2"]
assert result.image.size == (64, 64)
save_painted(result, out / "there-alone.png")
save_painted(run_paint(alone), out / "here-alone.png")

try:
    list(paint(guide_job(default_generation("pocket-64", "an owl", width=65), palette="#123"), "auto", out / "stop"))
except InputError as error:
    print(error)

before = (out / "log").read_text()
colours = MatchSettings(aim="colours")
run_match(match_job(assets / "lagoon-jetty.jpg", assets / "bridge-night.jpg", settings=colours))
assert (out / "log").read_text() == before, "matching takes nothing of a visitor's quota"
"""


def test_painting_works_from_another_process(tmp_path: Path) -> None:
    log = tmp_path / "log"
    done = run_on_a_space(_SCRIPT, tmp_path, str(tmp_path), str(ASSETS))
    assert done.returncode == 0, done.stderr
    stopped, refused = done.stdout.strip().splitlines()
    assert stopped == "stopped"
    assert "multiple of 8" in refused
    lines = log.read_text().splitlines()
    durations = [int(line.split()[1]) for line in lines if line.startswith("duration")]
    assert durations[0] < durations[1], "200 steps ask for more than twice 6"
    assert durations[-1] <= 5, "few steps ask for little"
    assert len(durations) == 5
    ids = {line for line in lines if line.startswith("process")}
    assert len(ids) == len(durations), "each in a process of its own"
    assert lines.count("worker ended") == len(ids), "also the one whose listener left"
    assert lines.index("worker ended") - lines.index("event") > 10, "events come one by one"
    assert lines.count("event") < 200, (
        "nothing went on to its 200 steps, however late on a busy machine it heard of the stop"
    )
    for name in (".png", "-plain.png", "-alone.png"):
        assert digest(tmp_path / f"here{name}") == digest(tmp_path / f"there{name}")


def run_on_a_space(script: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script as ZeroGPU would, whose package a fake stands for; what that does it writes into ``log`` of a folder."""
    surroundings = os.environ | {
        "SPACES_ZERO_GPU": "true",
        "FAKE_SPACES_LOG": str(folder / "log"),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join((str(Path(__file__).with_name("fake_spaces")), str(ROOT))),
        "GRADIO_TEMP_DIR": str(folder / "gradio"),
        "GRADIO_ANALYTICS_ENABLED": "False",
    }
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=surroundings, timeout=120)
