"""The pairs of pictures that the app offers."""

from __future__ import annotations

from pathlib import Path

from studio.ui.examples import load_examples, pair_tile


def test_examples_are_there_and_cope_with_missing_files(tmp_path: Path) -> None:
    examples = load_examples()
    assert examples
    assert pair_tile(examples[0]).size == (470, 174)
    assert load_examples(tmp_path) == []
