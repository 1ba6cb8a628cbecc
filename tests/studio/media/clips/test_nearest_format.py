"""Which pixel format an encoder is given."""

from __future__ import annotations

import pytest

from studio.media.clips.pixel_formats import nearest_format


@pytest.mark.parametrize(
    ("wanted", "offered", "nearest"),
    [
        ("yuv420p", ["yuv444p", "yuv420p"], "yuv420p"),
        ("yuvj420p", ["yuv420p", "yuvj420p"], "yuv420p"),  # the range is a tag, not a format
        ("yuv420p10le", ["yuv420p", "yuv422p10le"], "yuv422p10le"),  # depth before chroma
        ("yuv422p", ["yuv420p", "yuv444p"], "yuv444p"),  # nothing is lost
        ("yuva444p", ["yuv444p"], "yuv444p"),
        ("gray10le", ["yuv420p", "yuv420p10le"], "yuv420p10le"),  # a grade may colour grey
        ("rgba", ["yuv444p", "gbrp"], "gbrp"),
        ("yuv411p", [], "yuv411p"),  # raw video takes any
    ],
)
def test_the_format_that_loses_least(wanted: str, offered: list[str], nearest: str) -> None:
    assert nearest_format(wanted, offered) == nearest
