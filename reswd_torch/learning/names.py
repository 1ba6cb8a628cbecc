"""The kinds of grade that are learned, by name. Plain Python: importing this module loads no torch."""

from __future__ import annotations

from reswd_torch.errors import InputError

AUTO = "auto"
"""The name that leaves the choice to cross-validation."""
MODELS = {
    "cdl": "ten CDL numbers",
    "matrix": "matrix and curves",
    "root": "root polynomial",
    "lut": "smooth LUT",
}
"""Name and words of every model, the simplest first: that is the order in which one gives way to the next."""


def check_model(name: str) -> str:
    """The name itself.

    Raises:
        InputError: neither ``auto`` nor a model.
    """
    if name not in (AUTO, *MODELS):
        raise InputError(f"model {name!r} is not known: choose one of {', '.join((AUTO, *MODELS))}")
    return name
