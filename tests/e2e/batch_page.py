"""What a person does on the tab *Batch*, in words the tests read like."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from PIL import Image
from studio_page import ASSETS, Studio

REFERENCE = ASSETS / "bridge-night.jpg"
SHEET, LARGE = "#batch-sheet", "#batch-sheet dialog"


def pictures_in(folder: Path, count: int) -> list[Path]:
    """Pictures 1 to ``count``, large enough for a large view."""
    folder.mkdir(parents=True)
    photographs, places = sorted(ASSETS.glob("*.jpg")), []
    for number in range(1, count + 1):
        with Image.open(photographs[number % len(photographs)]) as image:
            image.resize((1800, 1200)).save(folder / f"{number}.jpg", quality=90)
        places.append(folder / f"{number}.jpg")
    return places


def trial(studio: Studio, pictures: list[Path]) -> None:
    """Choose pictures and a reference, and try three of them."""
    studio.page.get_by_role("tab", name="Batch").click()
    studio.at("#batch-files input[type=file]").set_input_files(pictures)
    studio.at("#batch-references input[type=file]").set_input_files(REFERENCE)
    studio.at("#batch-looks img").wait_for()
    studio.at("#batch-try").click()
    ended(studio, 3)


def ended(studio: Studio, done: int) -> None:
    """Wait until a run of so many is over, and its first pictures are seen."""
    studio.wait(lambda: f"{done} of {done} done" in studio.at("#batch-bar").inner_text())
    studio.wait(lambda: studio.at("#batch-start").is_enabled())
    studio.wait(lambda: studio.at(f"{SHEET} .tile img").count() >= min(6, 2 * done))


def large_shown(studio: Studio, name: str) -> None:
    """The large view shows this picture, from files of at least 1600 pixels."""
    studio.wait(lambda: studio.at(f"{LARGE} h2").inner_text() == name)
    studio.wait(lambda: studio.page.evaluate(
        "[...document.querySelectorAll('#batch-sheet dialog img')].every(i => i.complete && i.naturalWidth >= 1600)"
    ))  # fmt: skip


def results(studio: Studio, folder: Path) -> zipfile.ZipFile:
    """Take the ZIP."""
    return zipfile.ZipFile(io.BytesIO(studio.download("batch-get", folder).read_bytes()))
