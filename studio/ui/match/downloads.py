"""Handlers for downloads: made from the whole picture when they are asked for, at the strength of the slider."""

from __future__ import annotations

from reswd_torch.errors import InputError
from reswd_torch.grade import CubeError
from reswd_torch.grade.files import write_text_atomically
from studio.media.images import natural_suffix
from studio.service.match import MatchResult, whole_again
from studio.ui import words
from studio.ui.match.parts import PICTURE_KIND
from studio.ui.match.run import check_uploads
from studio.ui.saving import SETTINGS_KIND
from studio.ui.session import Session


def make_download(session: Session, kind: str, cube_size: int) -> str:
    """Write one download and return its path. Raises InputError."""
    result = _shown(session)
    if kind == PICTURE_KIND:
        full = whole(result)
        return str(full.save_picture(session.new_place(words.file_name(full, natural_suffix(full.picture.container)))))
    if kind == SETTINGS_KIND:
        place = session.new_place(words.file_name(result, ".json"))
        write_text_atomically(place, result.settings_text(names_only=True))
        return str(place)
    return str(result.save_grade(session.new_place(words.file_name(result, kind)), cube_size=cube_size))


def whole(result: MatchResult) -> MatchResult:
    """The result with its picture at full size again: read from the uploaded file, which was kept as it came."""
    check_uploads(result.job)
    return whole_again(result)


def is_cdl(session: Session) -> bool:
    """Whether the grade on the screen is ten numbers, which every grade file format holds."""
    return session.match.shown is not None and session.match.shown.grade.is_cdl


def cube_error(session: Session, cube_size: int) -> CubeError:
    """How exact a .cube of the grade on the screen would be. Raises InputError."""
    return _shown(session).grade.cube_error(cube_size)


def _shown(session: Session) -> MatchResult:
    if session.match.shown is None:
        raise InputError("There is nothing to download yet: match first.")
    return session.match.shown
