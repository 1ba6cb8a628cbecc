"""Grade files that visitors send."""

from __future__ import annotations

from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from studio.service.apply import load_any_grade
from studio.ui.limits import in_words, limits


def sent_grade(path: str) -> Grade:
    """The grade in a file that was sent.

    Raises:
        InputError: the file is larger than this instance takes, or :func:`load_any_grade` refuses it.
    """
    place = Path(path)
    if place.stat().st_size > limits().grade:
        raise InputError(f"{place}: a grade file may have {in_words(limits().grade)} here; export it with fewer points")
    return load_any_grade(place)
