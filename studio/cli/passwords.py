"""Who may use the app that ``reswd serve`` starts: users and passwords, from a flag, a file or the environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from reswd_torch.errors import InputError
from studio.loopback import is_loopback
from studio.space import on_a_space

VARIABLE = "RESWD_AUTH"
_FORM = "user:password"
_LONGEST = 1 << 16


def users(given: list[str], file: Path | None) -> tuple[tuple[str, str], ...]:
    """Users with their passwords.

    Args:
        given: on the command line, each ``user:password``. Whoever lists the processes of the machine sees them.
        file: one a line; ``-`` is standard input. Empty lines, and lines that begin with #, count for nothing.

    Returns:
        Those of the command line and the file; where there are none, those of the variable RESWD_AUTH, one a line.

    Raises:
        InputError: one of them has no user or no password, or the file cannot be read. No password is quoted.
    """
    found = [_user(text, "--auth") for text in given]
    if file is not None:
        found += _from_lines(_text(file), str(file))
        if not found:
            raise InputError(f"{file}: there is no {_FORM} in it")
    if not found:
        found = _from_lines(os.environ.get(VARIABLE, ""), VARIABLE)
    names = [name for name, _ in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"user {twice!r} has two passwords: give one")
    return tuple(found)


def _from_lines(text: str, where: str) -> list[tuple[str, str]]:
    return [_user(line, where) for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _user(text: str, where: str) -> tuple[str, str]:
    name, colon, password = text.partition(":")
    if not name.strip() or not colon or not password:
        raise InputError(f"{where} takes {_FORM}, with neither of them empty")
    return name.strip(), password


def _text(file: Path) -> str:
    try:
        if str(file) == "-":
            return sys.stdin.read(_LONGEST)
        with file.open(encoding="utf-8-sig") as opened:
            return opened.read(_LONGEST)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise InputError(f"{file}: the passwords cannot be read ({reason})") from error


def check_open(host: str, with_users: bool, i_know: bool) -> None:
    """Refuse an app without a password that other machines can reach, unless somebody says that they know.

    A Space is open to everybody anyway, or its owner has made it private.

    Raises:
        InputError: it is such an app.
    """
    if not (with_users or i_know or is_loopback(host) or on_a_space()):
        raise InputError(
            f"whoever reaches {host} could use this app without a password, and this machine with it: give "
            f"--auth {_FORM}, --auth-file FILE or {VARIABLE}, or say --i-know"
        )
