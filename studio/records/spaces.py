"""The colour spaces of a match as records keep them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from reswd_torch.spaces.choice import SpaceChoice


def spaces_record(choice: SpaceChoice) -> dict[str, str | None]:
    """Plain data for JSON. A config that is a file is kept as a file, with its hash, and is None here."""
    return asdict(choice) | ({} if choice.is_built_in else {"config": None})


def spaces_in(kept: dict[str, Any] | None, *, config_kept: bool) -> SpaceChoice | None:
    """The inverse.

    Args:
        kept: the record's field ``spaces``; None where there are none.
        config_kept: whether the record keeps a config as a file. Its place is for the caller to fill in.

    Raises:
        KeyError, TypeError, ValueError: they are damaged.
    """
    if kept is None:
        return None
    if not all(isinstance(kept[name], str) for name in ("source", "output", "working")):
        raise TypeError(f"{kept!r:.80} are no colour spaces")
    if not all(isinstance(kept[name], str | None) for name in ("target", "config")):
        raise TypeError(f"{kept!r:.80} are no colour spaces")
    config = kept["config"]
    choice = SpaceChoice(config or "", kept["source"], kept["target"], kept["output"], kept["working"])
    if config_kept if config is not None else not config_kept:
        raise ValueError("one config of the colour spaces is wanted")
    if config is not None and not choice.is_built_in:
        raise ValueError(f"{config!r:.80} is no built-in config")
    return choice
