"""The wheels as a person gets them: installed in a fresh environment and used in an empty folder, apart from this checkout."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.fresh import MATCH_ONE_PAIR, clean_environment, free_port, new_environment, wait_for
from tools.wheels import DIST, ROOT, wheel_of

CHECK = "release check"
_LIBRARY_ALONE = """
import importlib.util, sys
import numpy as np
from reswd_torch import match
for absent in ("gradio", "diffusers", "transformers", "accelerate", "reswd_models"):
    assert importlib.util.find_spec(absent) is None, absent
rows = np.random.default_rng(0).random((64, 64, 3), dtype=np.float32)
grade = match(rows, rows * np.float32(0.5))
assert grade.apply(rows).shape == rows.shape
"""
_PLACES = """
import studio.shipped, guidance.shipped
print(studio.shipped.ASSETS)
print(guidance.shipped.embedded_model())
"""


@contextmanager
def _timed(what: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    print(f"{CHECK}: {what}: {time.perf_counter() - started:.1f} s", flush=True)


class Trial:
    """An environment in a folder, and an empty folder beside it to work in."""

    def __init__(self, folder: Path) -> None:
        self.python = new_environment(folder / "venv")
        self.home = folder / "empty"
        self.home.mkdir()

    def run(self, *command: str, fails: bool = False) -> str:
        """Run a program of the environment and return what it printed; end with an error if it went otherwise than it should."""
        program = str(Path(self.python).with_name(command[0]))
        done = subprocess.run(
            [program, *command[1:]],
            cwd=self.home,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if bool(done.returncode) != fails:
            raise SystemExit(f"{done.stdout}\n{CHECK}: {' '.join(command)[:200]} ended with {done.returncode}")
        return done.stdout

    def install(self, *what: str) -> None:
        """Install with pip, both wheels from ``build/dist``, and PyTorch in the version that Spaces have."""
        bounds = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        torch = next(line for line in bounds if line.startswith("torch"))
        self.run("python", "-m", "pip", "install", "--quiet", "--find-links", str(DIST), torch, *what)

    def places(self) -> tuple[Path, Path]:
        """The folders of the photographs and of the embedded model."""
        photographs, model = self.run("python", "-c", _PLACES).splitlines()[-2:]
        return Path(photographs), Path(model)

    def pair(self) -> tuple[str, str]:
        """Two photographs of the wheel."""
        photographs = self.places()[0]
        return str(photographs / "warm-room.jpg"), str(photographs / "bridge-night.jpg")

    def wrote(self, *names: str) -> None:
        """End with an error unless these files were written."""
        for name in names:
            if not (self.home / name).is_file():
                raise SystemExit(f"{CHECK}: {name} was not written")

    def serve_one_request(self, photographs: Path) -> None:
        """Start the app, let it match one pair, and stop it."""
        port = free_port()
        command = [str(Path(self.python).with_name("reswd")), "serve", "--port", str(port)]
        server = subprocess.Popen(command, cwd=self.home, env=clean_environment(), stdout=subprocess.DEVNULL)
        try:
            wait_for(port, server, CHECK)
            self.run("python", "-c", MATCH_ONE_PAIR, str(port), str(photographs))
        finally:
            server.terminate()
            server.wait(timeout=20)


def try_wheels() -> None:
    """Install reswd-studio as it is and then with its app, use both, and print the seconds that a person waits."""
    with tempfile.TemporaryDirectory(prefix="reswd-trial-") as name:
        begun = time.perf_counter()
        trial = Trial(Path(name).resolve())
        _without_extras(trial)
        print(f"{CHECK}: from the wheel to a matched picture: {time.perf_counter() - begun:.0f} s", flush=True)
        _with_the_app(trial)


def _without_extras(trial: Trial) -> None:
    """The library and the command line: neither Gradio nor diffusers comes along, and who needs them is told."""
    with _timed('an environment and pip install "reswd-studio"'):
        trial.install(str(wheel_of("reswd_studio")))
    first, second = trial.pair()
    with _timed("the first match"):
        trial.run("reswd", "match", first, second, "-o", "graded.jpg", "--cube", "mood.cube")
    trial.wrote("graded.jpg", "mood.cube")


def _with_the_app(trial: Trial) -> None:
    """The app and the embedded model; before that, what is said without them."""
    first, second = trial.pair()
    painted = ("reswd", "guide", "a sailboat", "--reference", second, "-o", "boat.png", "--steps", "2")
    trial.run("python", "-c", _LIBRARY_ALONE)
    _expect(trial.run("reswd", "serve", fails=True), r'^reswd: .*pip install "reswd-studio\[app\]"$')
    _expect(trial.run(*painted, fails=True), r"^reswd: .*pip install 'reswd-studio\[guide\]'")
    with _timed('pip install "reswd-studio[app]" on top of it'):
        trial.install(f"{wheel_of('reswd_studio')}[app]")
    trial.run("python", "-m", "pip", "check")
    photographs, model = trial.places()
    for place in (photographs, model):
        if not place.is_dir() or not place.is_relative_to(trial.home.parent):
            raise SystemExit(f"{CHECK}: {place} is not in the environment")
    number = wheel_of("reswd_studio").name.split("-")[1]
    _expect(trial.run("reswd", "--version"), rf"^reswd-studio {re.escape(number)}$")
    (trial.home / "in").mkdir()
    shutil.copy(second, trial.home / "in" / "a.jpg")
    trial.run("reswd", "batch", "in", "--target", first, "-o", "out")
    with _timed("the app's start and one match by it"):
        trial.serve_one_request(photographs)
    with _timed("two steps of a painting with the embedded model"):
        trial.run(*painted)
    trial.wrote("out/a.jpg", "boat.png")


def _expect(printed: str, pattern: str) -> None:
    if not re.search(pattern, printed, re.MULTILINE):
        raise SystemExit(f"{CHECK}: expected {pattern!r}, and it printed {printed!r}")
