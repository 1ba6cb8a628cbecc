"""Palettes as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reswd_torch.errors import InputError
from reswd_torch.palette import Palette, palette_text, parse_palette

QUICK = settings(max_examples=40, deadline=None, derandomize=True)


@pytest.mark.parametrize("text", ["#ff0000:2,#00f", " ff0000:2  00F ", "#FF0000:2.0;\n#0000ff:1"])
def test_spellings(text: str) -> None:
    palette = parse_palette(text)
    assert palette.colors == ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    assert palette.weights == (2.0, 1.0)


@QUICK
@given(
    st.lists(
        st.tuples(st.tuples(*[st.integers(0, 255)] * 3), st.integers(1, 9999).map(lambda n: n / 100)),
        min_size=1,
        max_size=8,
    )
)
def test_written_and_read_back(entries: list[tuple[tuple[int, int, int], float]]) -> None:
    text = ", ".join("#{:02x}{:02X}{:02x}:{}".format(*color, weight) for color, weight in entries)
    palette = parse_palette(text)
    assert palette.colors == tuple(tuple(v / 255 for v in color) for color, _ in entries)
    assert palette.weights == tuple(weight for _, weight in entries)


@QUICK
@given(
    st.lists(
        st.tuples(st.tuples(*[st.integers(0, 255).map(lambda v: v / 255)] * 3), st.floats(1e-6, 1e6)),
        min_size=1,
        max_size=8,
    )
)
def test_text_of_a_palette_is_read_back(entries: list[tuple[tuple[float, float, float], float]]) -> None:
    palette = Palette(tuple(color for color, _ in entries), tuple(weight for _, weight in entries))
    again = parse_palette(palette_text(palette))
    assert again.colors == palette.colors
    assert again.weights == pytest.approx(palette.weights, rel=1e-5)


def test_text_is_as_a_person_writes_it() -> None:
    assert palette_text(Palette(((1, 0, 0), (0.2, 1.2, -0.1)), (1.0, 2.5))) == "#ff0000, #33ff00:2.5"
    assert palette_text(Palette(((0, 0, 0),), (20.0,))) == "#000000:20"


def test_every_wrong_word_is_quoted_in_one_message() -> None:
    with pytest.raises(InputError) as caught:
        parse_palette("#112233, red:2, grün, #445566:x, #778899")
    said = str(caught.value)
    assert all(repr(word) in said for word in ("red:2", "grün", "#445566:x"))
    assert "#112233" not in said
    assert "#778899" not in said
    assert said.count("#445566:x") == said.count("write each") == 1


def test_message_about_very_many_wrong_words_stays_short() -> None:
    with pytest.raises(InputError, match="and 988 more are not hex colours") as caught:
        parse_palette(" ".join(f"word{n}" for n in range(1000)))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "''.*names no colour"),
        (" , ", "names no colour"),
        ("red", "'red' is not a hex colour"),
        ("#fff, dark red", "'dark' and 'red' are not hex colours"),
        ("#fff blue", "'blue' is not a hex colour"),
        ("#12345", "'#12345' is not a hex colour"),
        ("#112233:-1", "'#112233:-1'"),
        ("#112233:x", "'#112233:x'"),
        ("#112233:0", "weight 0"),
        ("#112233:0.0", "weight 0"),
        ("#112233:" + "9" * 400, "weight inf"),
        ("#112233,##445566", "'##445566'"),
    ],
)
def test_refused_with_the_entry_in_one_line(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        parse_palette(text)
    assert "\n" not in str(caught.value)
