"""The examples of the tab."""

from __future__ import annotations

from guidance.known import read_known
from studio.ui.guide.examples import EXAMPLES, tile


def test_examples_name_what_the_model_knows_and_have_tiles() -> None:
    known = read_known()
    assert len(EXAMPLES) == 6
    for example in EXAMPLES:
        assert known.named(example.prompt) and bool(example.palette) != bool(example.picture)
        assert tile(example).size == (240, 180)
