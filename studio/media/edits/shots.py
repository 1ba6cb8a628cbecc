"""Where the shots of an edit are: files of a folder, by the names that an EDL has for them, and the times they begin with."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath

from reswd_torch.errors import InputError
from studio.kinds import is_clip
from studio.media.clips.open import opened, picture_stream
from studio.media.images.picture import READABLE_SUFFIXES


class ShotFolder:
    """Clips and stills of a folder and those below it.

    Args:
        path: the folder.

    Raises:
        InputError: no such folder, or nothing of the kind in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_dir():
            raise InputError(f"{path}: there is no such folder of shots: check the name")
        files = sorted(each for each in path.rglob("*") if _is_shot(each) and each.is_file())
        if not files:
            raise InputError(f"{path}: no clips or pictures in this folder of shots")
        self.files = tuple(files)
        self._by_name: dict[str, list[Path]] = {}
        self._by_stem: dict[str, list[Path]] = {}
        for each in files:
            self._by_name.setdefault(each.name.casefold(), []).append(each)
            self._by_stem.setdefault(each.stem.casefold(), []).append(each)

    def find(self, names: Iterable[str]) -> Path:
        """The file for the first of the names that belongs to one: its whole name, else its name without suffix.

        Raises:
            InputError: there is none, or one name belongs to several.
        """
        shown = [_last(name) for name in names]
        for name in shown:
            found = self._by_name.get(name.casefold()) or self._by_stem.get(PurePosixPath(name).stem.casefold())
            found = found or self._by_stem.get(name.casefold())  # a name with a dot and no suffix
            if found and len(found) > 1:
                where = ", ".join(str(each.relative_to(self.path)) for each in found[:4])
                raise InputError(f"{name}: named more than once in {self.path} ({where}): rename or move all but one")
            if found:
                return found[0]
        quoted = " or ".join(dict.fromkeys(shown)) or "a shot without a name"
        raise InputError(f"{quoted}: not in {self.path}: add the file, or name it as the EDL does")


def _is_shot(path: Path) -> bool:
    return not path.name.startswith(".") and (is_clip(path) or path.suffix.lower() in READABLE_SUFFIXES)


def _last(name: str) -> str:
    """The file's name of what may be a path of another system."""
    return PureWindowsPath(name).name if "\\" in name else PurePosixPath(name).name or name


def start_timecode(path: Path) -> str | None:
    """The timecode of a clip's first frame, as its file says it; None where it says none.

    Raises:
        InputError: no clip.
    """
    with opened(path) as container:
        stream = picture_stream(container, path)
        said = [stream.metadata, container.metadata, *(each.metadata for each in container.streams)]
        return next((each["timecode"] for each in said if each.get("timecode")), None)


def frame_count(seconds: float, rate: Fraction) -> int:
    """How many frames a clip of this length has, at least one."""
    return max(1, round(seconds * float(rate)))
