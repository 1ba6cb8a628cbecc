"""How a command says what it found: notes on stderr, and the rest on stdout, for people or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any


def print_outcome(
    notes: Iterable[str], record: Callable[[], Any], lines: Callable[[], Iterable[str]], *, as_json: bool
) -> None:
    """Print what a job came to.

    Args:
        notes: what to know of the files, a line each.
        record: what JSON says of it.
        lines: what people read instead.
        as_json: which of both.
    """
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    if as_json:
        print(json.dumps(record(), indent=2))
        return
    for line in lines():
        print(line)
