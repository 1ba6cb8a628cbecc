"""Whether the program runs on a Hugging Face Space, where strangers always come."""

from __future__ import annotations

import os


def on_a_space() -> bool:
    """Whether this is a Space, by the variable that every Space sets."""
    return bool(os.environ.get("SPACE_ID"))
