"""The program itself: its help, its name as a module, and arguments that make no sense."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reswd_torch import __version__
from tests.conftest import ROOT
from tests.studio.command_line import Ran, Reswd, assert_refused


def test_version_and_help(reswd: Reswd) -> None:
    assert __version__ in reswd("--version").out
    for command in ("match", "apply", "serve"):
        ran = reswd(command, "--help")
        assert ran.code == 0
        assert "--host" in ran.out if command == "serve" else "-o" in ran.out


def test_python_m_studio_is_the_same_program(place: Path) -> None:
    """The command runs in a process of its own: no library prints anything, and no temporary file is left."""
    command = [sys.executable, "-m", "studio", "match", f"{place}/source.png", f"{place}/target.jpg", "-o"]
    ran = subprocess.run([*command, place / "out.png"], cwd=ROOT, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "wrote" in ran.stdout
    ran = subprocess.run([*command, place / "out.png"], cwd=ROOT, capture_output=True, text=True)
    assert_refused(Ran(ran.returncode, ran.stdout, ran.stderr), "out.png", "exists")
    assert sorted(p.name for p in place.iterdir()) == ["out.png", "source.png", "target.jpg"]


@pytest.mark.parametrize(
    ("arguments", "quoted"),
    [
        (["match", "a.png", "b.png", "-o", "c.png", "--strength", "lots"], "'lots'"),
        (["match", "a.png", "b.png", "-o", "c.png", "--seed", "1.5"], "'1.5'"),
        (["match", "a.png", "b.png", "-o", "c.png", "--nope"], "--nope"),
        (["match"], "SOURCE"),
        (["grade"], "'grade'"),
    ],
)
def test_malformed_arguments_are_one_line(reswd: Reswd, arguments: list[str], quoted: str) -> None:
    assert_refused(reswd(*arguments), quoted)
