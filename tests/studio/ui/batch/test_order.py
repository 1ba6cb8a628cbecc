"""What was chosen: in order, with a total, and seen."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from PIL import Image

from studio.service.batch.natural import natural_key
from studio.ui.batch.looks import MOST, looks_of
from studio.ui.batch.order import Chosen, chosen, spread
from studio.ui.batch.words import chosen_html, looks_html
from tests.studio.conftest import write


def test_names_come_as_people_count() -> None:
    names = ["IMG_10.jpg", "img_2.jpg", "day 10/1.jpg", "day 2/3.jpg", "a.jpg", "9" * 5000 + ".jpg", "²/1.jpg"]
    found = sorted(names, key=natural_key)
    assert found.index("img_2.jpg") < found.index("IMG_10.jpg") and found.index("day 2/3.jpg") < found.index(
        "day 10/1.jpg"
    )


@pytest.mark.parametrize(
    ("count", "expected"), [(0, ""), (1, "a"), (2, "ab"), (3, "abc"), (4, "abd"), (5, "ace"), (26, "amz")]
)
def test_three_are_spread_over_all(count: int, expected: str) -> None:
    names = "abcdefghijklmnopqrstuvwxyz"[:count]
    picked = spread(names, 3)
    assert len(picked) == len(expected) and {names[0], names[-1]} <= picked if names else not picked
    if count in (5, 26):
        assert picked <= set(names) and sorted(picked)[1] in "cmn"


def test_pictures_of_a_zip_are_counted_without_unpacking(tmp_path: Path) -> None:
    place = tmp_path / "trip.zip"
    with zipfile.ZipFile(place, "w") as out:
        for name in ("10.jpg", "9.jpg", "notes.txt", "__MACOSX/._9.jpg"):
            out.writestr(name, b"x" * 700_000)
    found = chosen([(place, "trip.zip")], most=100)
    assert found == Chosen(("9.jpg", "10.jpg"), 1_400_000, 2)
    html = chosen_html(found)
    assert "2 pictures, 1.4 MB, and 2 other files that will be left aside" in html
    assert html.index("9.jpg") < html.index("10.jpg")
    assert len(chosen([(place, "trip.zip")], most=1).names) == 1
    place.write_bytes(b"PK\x03\x04 broken")
    assert chosen_html(chosen([(place, "trip.zip")], most=100)) in ("", chosen_html(Chosen((), 0, 1)))


def test_a_total_in_the_words_of_a_file_manager() -> None:
    assert "37 pictures, 412 MB" in chosen_html(Chosen(tuple(f"{n}.jpg" for n in range(37)), 412_300_000))
    assert "1 picture, 7 kB" in chosen_html(Chosen(("<b>.jpg",), 7_000)) and "<b>.jpg" not in chosen_html(
        Chosen(("<b>.jpg",), 7_000)
    )


def test_references_are_seen(tmp_path: Path) -> None:
    files = [(write(tmp_path / f"{n}.png", n, height=600, width=900), f"{n}.png") for n in range(MOST + 2)]
    bad = tmp_path / "bad.png"
    bad.write_text("text")
    looks = looks_of([(bad, "<bad>.png"), (bad, "a.mp4"), *files], tmp_path / "looks")
    assert len(looks) == MOST and looks[1].problem == "a clip"
    html = looks_html(looks, 4)
    assert (
        'alt="reference: 0.png"' in html
        and "&lt;bad&gt;.png" in html
        and "not a picture" in html
        and "and 4 more" in html
    )
    assert str(tmp_path) not in looks[0].problem
    with Image.open(tmp_path / "looks" / "2.jpg") as image:
        assert image.size[0] == 320
