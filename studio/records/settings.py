"""The settings of a match as records keep them, of this version and of older ones."""

from __future__ import annotations

from typing import Any

from reswd_torch.matching.methods import method_named
from reswd_torch.settings import CDL, COLOURS, LUT, MatchSettings


def settings_in(kept: dict[str, Any], *, fitted: bool = True) -> MatchSettings:
    """The settings that a record keeps; without trims where it was written before there were any.

    A record without an aim was written when every match took all colours, and an optimiser that was not told otherwise fitted
    ten numbers. It is read as what it meant then, so that a run that it describes is repeated. One without protections is read
    with all of them: of the colours they keep nothing.

    Args:
        kept: the record's field ``settings``.
        fitted: whether a grade was fitted; where a saved one was applied, nothing was taken of any reference.

    Raises:
        InputError: a value that is no setting.
        TypeError: a name that is no setting, or not names at all.
    """
    if not isinstance(kept, dict):
        raise TypeError(f"{kept!r:.40} are no settings")
    for name, value in kept.items():
        if isinstance(value, bool):  # which Python counts as 0 and 1
            raise TypeError(f"{name} is {value}")
    if "aim" in kept or not fitted:
        return MatchSettings(**kept)
    as_meant = {**kept, "aim": COLOURS}
    if (
        kept.get("transform") is None
        and method_named(kept.get("method", MatchSettings.method)).default_transform != LUT
    ):
        as_meant["transform"] = CDL
    return MatchSettings(**as_meant)
