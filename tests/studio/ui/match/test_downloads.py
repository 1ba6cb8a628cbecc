"""What is taken away, and what is said when that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from reswd_torch import InputError
from studio.ui.match import downloads
from studio.ui.match.choice import MatchChoice
from studio.ui.match.run import match_now, set_strength, show
from studio.ui.pictures import open_side
from studio.ui.session import Session
from studio.views.shown import shown_pixels
from tests.studio.ui.conftest import SOURCE, silent


def test_a_picture_that_was_cleaned_up_is_said(session: Session, tmp_path: Path) -> None:
    gone = tmp_path / "gone.jpg"
    gone.write_bytes(SOURCE.read_bytes())
    session.match.places["source"].side = open_side(gone)
    show(session, match_now(session, MatchChoice(), silent))  # type: ignore[arg-type]
    gone.unlink()
    with pytest.raises(InputError, match=r"^gone.jpg is no longer on the server: choose it again"):
        downloads.make_download(session, downloads.PICTURE_KIND, 33)
    with pytest.raises(InputError, match=r"^gone.jpg is no longer on the server: choose it again"):
        match_now(session, MatchChoice(), silent)  # type: ignore[arg-type]
    assert Path(downloads.make_download(session, downloads.SETTINGS_KIND, 33)).is_file()
    look = session.desk.look(session.match.seen.after or 0)
    assert look is not None
    assert shown_pixels(look.pyramid.whole(), look.grade).shape[2] == 3, "what is on the screen stays there"


def test_a_mask_that_was_cleaned_up_is_said(session: Session, tmp_path: Path) -> None:
    mask = tmp_path / "my mask.png"
    with Image.open(SOURCE) as image:
        Image.new("L", image.size, 255).save(mask)
    match_now(session, MatchChoice(source_mask=str(mask)), silent)  # type: ignore[arg-type]
    mask.unlink()
    assert Path(downloads.make_download(session, downloads.SETTINGS_KIND, 33)).is_file()
    with pytest.raises(InputError, match=r"^my mask.png is no longer on the server"):
        downloads.make_download(session, downloads.PICTURE_KIND, 33)


def test_downloads_need_a_result_and_follow_the_strength(session: Session) -> None:
    with pytest.raises(InputError, match="match first"):
        downloads.make_download(session, ".cube", 17)
    match_now(session, MatchChoice(), silent)  # type: ignore[arg-type]
    full = Path(downloads.make_download(session, downloads.PICTURE_KIND, 33)).read_bytes()
    set_strength(session, 0.3)
    weak = Path(downloads.make_download(session, downloads.PICTURE_KIND, 33))
    assert weak.name == "lagoon-jetty matched.jpg"
    assert weak.read_bytes() != full
