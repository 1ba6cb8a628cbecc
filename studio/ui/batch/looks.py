"""The references of a batch as small pictures, so that a person sees what was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from reswd_torch.errors import InputError
from studio.kinds import is_clip
from studio.service.batch.uploads import Upload
from studio.ui import words
from studio.ui.batch.tiles import TILE, save_small
from studio.views.seen import Seen

MOST = 6
"""References that are shown; a folder of hundreds would keep the page waiting."""


@dataclass(frozen=True)
class Look:
    """A reference on the page.

    Attributes:
        name: what the person calls it.
        address: of its small picture; empty where there is none.
        problem: why there is none.
    """

    name: str
    address: str = ""
    problem: str = ""


def looks_of(uploads: Sequence[Upload], folder: Path, seen: Seen | None = None) -> tuple[Look, ...]:
    """The first references as small pictures in ``folder``, which Gradio serves.

    Args:
        uploads: the references.
        folder: for their small pictures.
        seen: what their code values stand for; None where their files say it.
    """
    return tuple(_look(upload, folder / f"{number}.jpg", seen) for number, upload in enumerate(uploads[:MOST]))


def _look(upload: Upload, place: Path, seen: Seen | None) -> Look:
    path, name = upload
    if is_clip(name):
        return Look(name, problem="a clip")
    try:
        return Look(name, address(save_small(path, place, TILE, seen)))
    except InputError as error:
        return Look(name, problem=words.plain(error))
    except OSError:
        return Look(name, problem="its picture could not be made")


def address(path: Path) -> str:
    """Where the page finds a file of its own folder; relative, as the app may lie below another address."""
    return f"gradio_api/file={quote(path.as_posix())}"
