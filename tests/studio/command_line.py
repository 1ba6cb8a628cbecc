"""``reswd`` as a person meets it: what a command said, how it ended, and what it left on the disk."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from studio import cli


class Ran(NamedTuple):
    """A command that has ended.

    Attributes:
        code: its exit code.
        out: what it wrote to stdout.
        err: what it wrote to stderr.
    """

    code: int
    out: str
    err: str


Reswd = Callable[..., Ran]
"""The fixture :func:`reswd`: the words of a command, each of them turned into text."""


def command(capture: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Reswd:
    """``reswd`` in this process.

    Args:
        capture: ``capfd`` where processes that the command starts are listened to as well, else ``capsys``.
        monkeypatch: puts the words in the place of those that Python was started with.
    """

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["reswd", *map(str, arguments)])
        capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return Ran(int(ended.value.code or 0), *capture.readouterr())

    return run


@pytest.fixture
def reswd(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Reswd:
    """``reswd`` with these arguments, in this process."""
    return command(capsys, monkeypatch)


def snapshot(folder: Path) -> dict[str, bytes]:
    """All files of a folder and of those below it, by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def assert_refused(ran: Ran, *said: object) -> None:
    """One line on stderr that quotes the input, exit code 2, no traceback."""
    assert ran.code == 2, ran
    assert ran.out == ""
    lines = ran.err.splitlines()
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("reswd: ")
    assert "Traceback" not in ran.err
    for words in said:
        assert str(words) in lines[0]
