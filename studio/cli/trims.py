"""The options of the trims, which match, apply and batch share: one for each trim, in a group of their own in the help."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reswd_torch.grade.trims import COLOUR, LIGHTNESS, RANGES, WHEELS
from reswd_torch.settings import MatchSettings
from studio.cli import options

if TYPE_CHECKING:
    from reswd_torch.grade import Grade
    from studio.references import BatchReference

_SAID = {
    "exposure": "Stops lighter or darker",
    "contrast": "Slope about middle grey; 1 is neutral",
    "temperature": "Bluer below 0, warmer above",
    "tint": "Greener below 0, more magenta above",
    "saturation": "0 is grey, 1 is neutral",
    "black": "Added to black",
    "white": "Added to white",
    "lift": "Added to the shadows, one number or R,G,B",
    "gamma": "Of the middle, one number or R,G,B; 1 is neutral",
    "gain": "Factor of the highlights, one number or R,G,B; 1 is neutral",
    "neutralise": "Share of the result's colour cast to take away",
}


def one_or_three(text: str) -> tuple[float, ...] | float:
    """``0.1`` or ``0.1,0,0.05``."""
    values = [options.number(part.strip()) for part in text.split(",")]
    if len(values) not in (1, 3):
        raise typer.BadParameter(f"{text!r}: give one number, or three for red, green and blue such as 0.1,0,0.05")
    return values[0] if len(values) == 1 else tuple(values)


def _option(name: str) -> Any:
    least, most = RANGES[name]
    wheel = name in WHEELS
    return typer.Option(
        f"--{name}",
        help=f"{_SAID[name]}: {least:g} to {most:g}.",
        parser=one_or_three if wheel else options.number,
        metavar="NUMBER|R,G,B" if wheel else "NUMBER",
        rich_help_panel="Trims, after the match",
    )


_ONLY = typer.Option(
    "--only",
    help=f"{LIGHTNESS} | {COLOUR}: what of the match is kept; all of it if left out.",
    metavar="NAME",
    rich_help_panel="Trims, after the match",
)
_TYPES: dict[str, Any] = {
    **{name: Annotated[Any, _option(name)] for name in RANGES},
    "only": Annotated[str | None, _ONLY],
}


def trimmed_reference(reference: BatchReference, settings: MatchSettings, trims: dict[str, Any]) -> BatchReference:
    """A reference; a saved grade with the trims of the settings where a person gave some, even such as undo its own."""
    from studio.references import SavedGrade

    if not trims or not isinstance(reference, SavedGrade):
        return reference
    return replace(reference, grade=reference.grade.trimmed(settings.trims))


def with_trims(command: Callable[..., None]) -> Callable[..., None]:
    """A command with an option for each trim. It is given ``trims``: those that a person gave, by name."""

    @wraps(command)
    def wrapped(**flags: Any) -> None:
        trims = options.given(**{name: flags.pop(name) for name in _TYPES})
        command(**flags, trims=trims)

    own = inspect.signature(command, eval_str=True)
    parameters = [one for name, one in own.parameters.items() if name != "trims"]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in _TYPES.items()
    ]
    wrapped.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {one.name: one.annotation for one in parameters}
    return wrapped


def loaded_grade(path: Path, strength: float | None, trims: dict[str, Any]) -> Grade:
    """A saved grade as a command is to use it.

    Args:
        path: its file.
        strength: instead of the grade's own; None for that.
        trims: the flags that were given, which replace those of the grade.

    Raises:
        InputError: a file that cannot be used, or a strength out of range.
    """
    from studio.service.apply import load_any_grade

    loaded = load_any_grade(path)
    if strength is not None:
        loaded = loaded.at_strength(MatchSettings(strength=strength).strength)
    return loaded.trimmed(replace(loaded.trims, **trims))
