"""Colours by eye: palettes and pairs as pickers, and palettes out of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from reswd_torch.palette import parse_palette
from studio.ui.colors import KeptPalette, palette_from_file, show_pairs, show_palette, split_pairs
from tests.studio.ui.conftest import REFERENCE


@pytest.mark.parametrize(
    ("text", "colours", "said"),
    [
        ("", 0, ""),
        ("#fff, #000:2", 2, ""),
        ("#fff, #0", 1, "1 of 2 entries can be read"),
        ("dark red", 0, "0 of 2 entries can be read"),
    ],
)
def test_a_palette_shows_what_can_be_read_and_leaves_errors_to_the_run(text: str, colours: int, said: str) -> None:
    shown = show_palette(text)
    assert shown.count("<span style") == colours
    assert said in shown and (bool(said) or "<p" not in shown)
    assert "message" not in shown and "not a hex colour" not in shown


def test_pickers_say_what_the_text_says() -> None:
    shown = show_palette("#204060:2, #e0b070")
    assert shown.count('type="color"') == shown.count('type="number"') == 2
    assert 'value="#204060" aria-label="Colour 1"' in shown
    assert 'value="2" min="0.01" step="any" aria-label="Weight of colour 1"' in shown
    assert "Add a colour" in show_palette("")


def test_pairs_are_pickers_or_one_line_of_what_is_wrong() -> None:
    assert split_pairs(" #112233 = #445566,#aabbcc=#ddeeff\n") == ("#112233=#445566", "#aabbcc=#ddeeff")
    assert split_pairs(None) == ()
    shown = show_pairs("#112233=#445566")
    assert 'value="#112233" aria-label="Pair 1: this colour of the source"' in shown
    assert show_pairs("") == ""
    assert "is not a hex colour" in show_pairs("#12=#34") and 'role="status"' in show_pairs("#12=#34")
    assert "contradict" in show_pairs("#112233=#445566 #112233=#000000")


def test_a_palette_comes_out_of_a_picture_and_out_of_a_palette_file(tmp_path: Path) -> None:
    of_picture = parse_palette(palette_from_file(str(REFERENCE)))
    assert 3 <= len(of_picture.colors) <= 6
    sheet = tmp_path / "brand.css"
    sheet.write_text("a { color: #123456; background: rgb(200 150 90) }")
    assert palette_from_file(str(sheet)) == "#123456, #c8965a"


def test_a_palette_that_a_person_made_is_kept_beside_whatever_is_dropped_over_it() -> None:
    nothing = KeptPalette()
    assert nothing.replaced(" ", "#111111") == KeptPalette("", "#111111"), "there was nothing to lose"
    dropped = nothing.replaced("#204060:2", "#111111")
    assert dropped == KeptPalette("#204060:2", "#111111")
    assert dropped.replaced("#111111", "#222222").kept == "#204060:2", "another file, over what only a file put there"
    assert dropped.replaced("#111111:3", "#222222").kept == "#111111:3", "which a person has changed since"
    undone = dropped.swapped("#111111:3")
    assert undone == KeptPalette("#111111:3", ""), "what was changed after the drop is not lost either"
    assert undone.swapped("#204060:2") == KeptPalette("#204060:2", "#111111:3")


def test_what_is_no_palette_is_said_without_its_folder(tmp_path: Path) -> None:
    for name in ("broken.ase", "broken.jpg"):
        place = tmp_path / name
        place.write_bytes(b"nothing of the kind")
        with pytest.raises(InputError) as caught:
            palette_from_file(str(place))
        assert name in caught.value.problem and str(tmp_path) not in caught.value.problem
