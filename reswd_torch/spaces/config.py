"""OpenColorIO configs: which one, and what it says when it cannot be used."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.errors import InputError

if TYPE_CHECKING:
    import PyOpenColorIO as ocio

BUILT_IN = "ocio://"
"""How the address of a config begins that OpenColorIO has in itself."""
STUDIO = "ocio://studio-config-latest"
"""OpenColorIO's own studio config, of the ACES working group."""
_NO_DEFAULT = ("", "null")
"""What a variable has that a config declares without a value."""
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)|%(\w+)%")


def config_place(given: str | None) -> str:
    """The address of a config: a file's absolute path, or that of a built-in one with its version in it.

    Args:
        given: a file (.ocio or .ocioz) or an address that begins with ``ocio://``; None for what the environment variable
            ``OCIO`` says, and where that is not set for the built-in studio config.

    Raises:
        InputError: the config cannot be read.
    """
    place = given or os.environ.get("OCIO") or STUDIO
    if not place.startswith(BUILT_IN):
        place = str(Path(place).absolute())
    config = load_config(place)
    # "latest" is another config with another version of OpenColorIO: what is recorded names the version.
    return f"{BUILT_IN}{config.getName()}" if place.startswith(BUILT_IN) and config.getName() else place


def load_config(place: str) -> ocio.Config:
    """The config of an address, as :func:`config_place` gives it. It is kept as long as its file stays the same.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    if place.startswith(BUILT_IN):
        return _loaded(place, None)
    try:
        state = os.stat(place)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{place}: no OpenColorIO config ({reason}): give a .ocio or .ocioz file") from error
    return _loaded(place, (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=8)
def _loaded(place: str, state: tuple[int, int] | None) -> ocio.Config:
    import PyOpenColorIO as ocio

    try:
        with quietly():
            config = ocio.Config.CreateFromFile(place)
    except (ocio.Exception, UnicodeDecodeError) as error:
        raise InputError(
            f"{place}: not a readable OpenColorIO config ({said(error)}): give a .ocio or .ocioz file"
        ) from error
    return config


@contextmanager
def quietly() -> Iterator[None]:
    """OpenColorIO without the warnings that it prints; what matters of them is raised."""
    import PyOpenColorIO as ocio

    level = ocio.GetLoggingLevel()
    ocio.SetLoggingLevel(ocio.LOGGING_LEVEL_NONE)
    try:
        yield
    finally:
        ocio.SetLoggingLevel(level)


def said(error: Exception) -> str:
    """What OpenColorIO says, on one line of a bearable length."""
    return " ".join(str(error).split())[:300]


def unset_variables(config: ocio.Config, told: str = "") -> tuple[str, ...]:
    """The environment variables that a config needs and that are not set, in the order in which it names them.

    Args:
        config: the config. Its search path and the variables that it declares without a default are looked at.
        told: what OpenColorIO said, which quotes the file that it did not find.
    """
    defaults = {name: config.getEnvironmentVarDefault(name) for name in config.getEnvironmentVarNames()}
    declared = [name for name, default in defaults.items() if default in _NO_DEFAULT]
    asked = [*config.getSearchPaths(), told]
    used = [next(filter(None, found)) for each in asked for found in _VARIABLE.findall(each)]
    return tuple(
        name
        for name in dict.fromkeys([*used, *declared])
        if not os.environ.get(name) and defaults.get(name, "") in _NO_DEFAULT
    )
