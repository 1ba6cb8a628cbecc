"""Palettes as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reswd_torch.errors import InputError
from reswd_torch.palette import parse_palette

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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "''.*names no colour"),
        (" , ", "names no colour"),
        ("red", "'red' is not a hex colour"),
        ("#fff, dark red", "'dark red' is not a hex colour"),
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
