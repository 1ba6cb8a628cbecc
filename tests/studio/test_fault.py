"""What nobody foresaw about one file becomes a line about it, and stops no other one."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reswd_torch import Cdl, Grade
from reswd_torch.errors import InputError
from studio.fault import Fault, fault_line, faults_of
from studio.service import apply
from studio.watch import Cancelled
from tests.studio.command_line import Reswd
from tests.studio.command_line import reswd as reswd
from tests.studio.pictures import eight_bits

HERE = Path("folder/odd.mov")


def save(path: Path) -> Path:
    Image.fromarray(eight_bits(1)).save(path)
    return path


@pytest.mark.parametrize(
    "raised", [InputError("mend it"), Cancelled(), KeyboardInterrupt(), BrokenPipeError(32, "gone")]
)
def test_what_is_foreseen_passes(raised: BaseException) -> None:
    with pytest.raises(type(raised)) as caught, faults_of(HERE):
        raise raised
    assert caught.value is raised


def test_the_rest_is_one_line_about_the_file() -> None:
    with pytest.raises(Fault) as caught, faults_of(HERE):
        raise ValueError("31 is\nnot a valid Type" + "!" * 500)
    said = str(caught.value)
    assert said.startswith("folder/odd.mov: internal fault (ValueError: 31 is not a valid Type!")
    assert said.endswith("): please report it") and len(said) < 400 and "\n" not in said
    assert isinstance(caught.value.__cause__, ValueError)


def test_what_the_system_refuses_can_be_mended() -> None:
    with (
        pytest.raises(InputError, match="^x: File name too long; choose another name or place$"),
        faults_of(HERE),
    ):
        raise OSError(errno.ENAMETOOLONG, "File name too long", "x")
    assert fault_line(MemoryError()).startswith("not enough memory for it")
    assert fault_line(KeyError()) == "internal fault (KeyError): please report it"


def _fails_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading of one picture raises what nobody foresees."""
    read = apply.read_picture

    def broken(path: Path, **how: Any) -> Any:
        if path.name == name:
            raise AttributeError("'NoneType' object has no attribute 'size'")
        return read(path, **how)

    monkeypatch.setattr(apply, "read_picture", broken)


def test_apply_goes_on_with_the_others(tmp_path: Path, reswd: Reswd, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [save(tmp_path / f"{name}.png") for name in "abc"]
    look = Grade(Cdl((0.5, 0.8, 1.0))).save(tmp_path / "look.cc")
    _fails_for("b.png", monkeypatch)
    ran = reswd("apply", look, *pictures, "-o", tmp_path / "done")
    assert ran.code == 1
    assert ran.err.splitlines() == [
        f"reswd: {pictures[1]}: internal fault (AttributeError: 'NoneType' object has no attribute 'size'): please report it"
    ]
    assert sorted(place.name for place in (tmp_path / "done").iterdir()) == ["a.png", "c.png"]


def test_match_says_it_in_one_line(tmp_path: Path, reswd: Reswd, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = (save(tmp_path / f"{name}.png") for name in "st")
    monkeypatch.setattr("studio.service.source.sample_pixels", lambda *_, **__: 1 / 0)
    ran = reswd("match", source, target, "-o", tmp_path / "out.png")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"reswd: {source}: internal fault (ZeroDivisionError: division by zero): please report it\n"
    assert not (tmp_path / "out.png").exists()
    ran = reswd("--debug", "match", source, target, "-o", tmp_path / "out.png")
    assert ran.code == 1 and "Traceback (most recent call last)" in ran.err and ran.err.count("internal fault") == 1
