"""What the controls of the tab *Batch* ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from reswd_torch import Cdl, Grade
from reswd_torch.errors import InputError
from reswd_torch.settings import PROTECTIONS, SAME_SCENE, MatchSettings
from studio.jobs import FRESH, RESUME, SERIES
from studio.ui.batch.choice import HERE, BatchChoice, below
from studio.ui.controls import PALETTE, SAVED


def test_only_what_is_chosen_counts(tmp_path: Path) -> None:
    elsewhere = BatchChoice(here="in", results="out", existing=RESUME, scene=SAME_SCENE, palette="#fff").wanted(())
    assert (elsewhere.folder, elsewhere.results, elsewhere.existing, elsewhere.palette) == (None, None, FRESH, None)
    assert elsewhere.settings.scene == SAME_SCENE
    here = BatchChoice(kind=HERE, here="in", results="out", existing=RESUME, colours=PALETTE, palette="#fff")
    wanted = here.wanted((tmp_path.resolve(),))
    assert (wanted.folder, wanted.results) == (tmp_path.resolve() / "in", tmp_path.resolve() / "out")
    assert (wanted.existing, wanted.palette) == (RESUME, "#fff")


def test_a_scene_is_asked_for_only_where_pictures_can_share_one() -> None:
    for choice in (BatchChoice(mode=SERIES), BatchChoice(colours=PALETTE, palette="#fff")):
        assert choice.wanted(()).settings.scene != SAME_SCENE


@pytest.mark.parametrize(("colours", "said"), [(PALETTE, "palette's colours first"), (SAVED, "No saved grade")])
def test_what_is_missing_is_said(colours: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        BatchChoice(colours=colours).wanted(())


def test_only_folders_below_the_allowed_ones(tmp_path: Path) -> None:
    allowed = (tmp_path / "photos").resolve()
    (allowed / "wedding").mkdir(parents=True)
    (tmp_path / "photos secret").mkdir()
    (allowed / "way out").symlink_to(tmp_path, target_is_directory=True)
    assert below(str(allowed / "wedding"), (allowed,), "x") == allowed / "wedding"
    assert below("wedding", (allowed,), "x") == allowed / "wedding"
    for text in ("/etc", "..", "../photos secret", str(tmp_path / "photos secret"), "way out", "wedding/../.."):
        with pytest.raises(InputError, match="does not lie below a folder that this app may use"):
            below(text, (allowed,), "x")
    with pytest.raises(InputError, match="Name the folder first"):
        below(" ", (allowed,), "the folder")
    with pytest.raises(InputError, match="does not lie below"):
        below(str(allowed), (), "x")


@pytest.mark.parametrize(
    ("choice", "aim"),
    [
        (BatchChoice(), "mood"),
        (BatchChoice(aim="look", mode=SERIES), "look"),
        (BatchChoice(aim="look", colours=PALETTE, palette="#fff"), "colours"),
        (BatchChoice(palette_aim="mood", colours=PALETTE, palette="#fff"), "mood"),
        (BatchChoice(aim="look", method="histogram"), None),
    ],
)
def test_the_aim_is_that_of_the_radio_in_sight(choice: BatchChoice, aim: str | None) -> None:
    settings = choice.wanted(()).settings
    assert (settings.aim, settings.transform) == (aim, "auto")


@pytest.mark.parametrize(
    ("choice", "protect"),
    [
        (BatchChoice(), PROTECTIONS),
        (BatchChoice(protect=["skin", "blacks"], mode=SERIES), ("blacks", "skin")),
        (BatchChoice(protect=[]), ()),
        (BatchChoice(protect=[], aim="look"), PROTECTIONS),
        (BatchChoice(protect=[], colours=PALETTE, palette="#fff"), PROTECTIONS),
        (BatchChoice(protect=[], palette_aim="mood", colours=PALETTE, palette="#fff"), ()),
    ],
)
def test_the_boxes_count_where_they_are_seen(choice: BatchChoice, protect: tuple[str, ...]) -> None:
    assert choice.wanted(()).settings.protect == protect


def test_a_saved_grade_takes_nothing(tmp_path: Path) -> None:
    look = Grade(Cdl((1.2, 1.0, 0.8))).save(tmp_path / "look.cc")
    assert BatchChoice(aim="look", colours=SAVED, grade=str(look)).wanted(()).settings == MatchSettings()


def test_what_is_written_goes_with_the_rest() -> None:
    choice = BatchChoice(output_format="jpeg", quality=80, grade_files=".cc", settings_files=True)
    wanted = choice.wanted(())
    assert (wanted.output_format, wanted.quality, wanted.grade_files, wanted.settings_files) == (
        "jpeg",
        80,
        ".cc",
        True,
    )
    assert BatchChoice(output_format="png", quality=80).wanted(()).quality is None, "it is not asked for then"
    assert BatchChoice(mode=SERIES, grade_files=".cc").wanted(()).grade_files is None
    for wrong, said in (({"output_format": "gif"}, "no format 'gif'"), ({"quality": 3.5}, "not a whole number")):
        with pytest.raises(InputError, match=said):
            BatchChoice(**wrong).wanted(())  # type: ignore[arg-type]
