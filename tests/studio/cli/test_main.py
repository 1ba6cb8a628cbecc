"""The program itself: its help, its name as a module, and arguments that make no sense."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

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


@pytest.mark.parametrize(
    "arguments",
    [
        ["match", "{long}", "b.png", "-o", "c.png"],
        ["match", "a.png", "b.png", "-o", "{long}"],
        ["apply", "{long}.cc", "a.png", "-o", "c.png"],
        ["guide", "--from", "{long}", "-o", "c.png"],
    ],
)
def test_a_name_that_no_file_can_have_is_one_line(arguments: list[str], tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.new("RGB", (8, 8), (90, 60, 30)).save(tmp_path / name)
    long = "x" * 300 + ".png"
    filled = [argument.replace("{long}", long) for argument in arguments]
    done = subprocess.run([sys.executable, "-m", "studio", *filled], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "File name too long" in done.stderr and len(done.stderr) < 250


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs an output that takes nothing")
def test_an_output_that_takes_nothing_is_one_line() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "studio", "--version"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 2
    assert done.stderr == "reswd: the output: No space left on device; choose another name or place\n"


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="file names there are Unicode")
def test_a_name_in_another_encoding_is_matched_and_shown(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), (90, 60, 30)).save(tmp_path / "a.png")
    odd = os.fsencode(tmp_path) + b"/caf\xe9.png"
    Path(os.fsdecode(odd)).write_bytes((tmp_path / "a.png").read_bytes())
    out = os.fsencode(tmp_path) + b"/out\xe9.png"
    command = [sys.executable.encode(), b"-m", b"studio", b"match", odd, b"a.png", b"-o", out]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert os.path.exists(out) and "out\\udce9.png" in done.stdout + done.stderr
