"""The settings of a match as JSON: enough to run it again to the same bytes, and to apply its grade elsewhere."""

from __future__ import annotations

import atexit
import base64
import json
import platform
import shutil
import tempfile
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

from reswd_torch import __version__
from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings
from studio.media.places import sha256_of

if TYPE_CHECKING:
    from studio.service.match import MatchResult

FORMAT = "reswd-studio match settings"
FORMAT_VERSION = 1
_RECORDED = ("torch", "numpy", "pillow", "opencv-python-headless", "opencolorio")


@dataclass(frozen=True)
class SavedMatch:
    """What a settings file holds.

    Attributes:
        settings: how it was matched.
        inputs: by role (``source``, ``target``, ``mask``, ``target_mask``): ``{"path": ..., "sha256": ...}``, and
            ``"data"`` (base64) for a mask that the settings carry themselves.
        palette: the palette text, or None.
        grade: the grade as plain data, for :func:`reswd_torch.grade.grade.grade_from_record`.
        folder: where the settings file lies.
    """

    settings: MatchSettings
    inputs: dict[str, dict[str, str]]
    palette: str | None
    grade: dict[str, Any]
    folder: Path

    def file(self, role: str) -> Path | None:
        """The input of a role: where it was, beside the settings, or the mask inside, whichever has the recorded bytes.

        Where none has, the first that is there; where none is there, where it was. None where the run had no such input.
        """
        entry = self.inputs.get(role)
        if entry is None:
            return None
        recorded = Path(entry["path"])
        name = PureWindowsPath(entry["path"]).name  # of either system's paths
        there = [path for path in (recorded, self.folder / name) if path.is_file()]
        for path in there:
            if sha256_of(path) == entry["sha256"]:
                return path
        if "data" in entry:
            return _unpacked(name, entry["data"])
        return there[0] if there else recorded


def settings_text(result: MatchResult, *, names_only: bool = False) -> str:
    """The JSON of a finished match.

    Args:
        result: the match.
        names_only: leave the folders of the inputs out: the browser app's uploads lie in folders that mean nothing to
            the person who downloads the settings, and tell about the server.
    """
    job = result.job
    paths = {"source": job.source, "target": job.target, "mask": job.mask, "target_mask": job.target_mask}
    record: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "made_with": {"reswd-studio": __version__, "python": platform.python_version(), **_versions()},
        "settings": asdict(job.settings),
        "palette": job.palette,
        "inputs": {role: _input(result, role, path, names_only) for role, path in paths.items() if path is not None},
        "encoding": result.encoding,
        "grade": result.grade.to_record(),
    }
    if result.report is not None:
        record["distance"] = {"before": result.report.distance_before, "after": result.report.distance_after}
    return json.dumps(record, indent=2) + "\n"


def read_settings(path: Path) -> SavedMatch:
    """Read a settings file.

    Raises:
        InputError: missing, not JSON, not a settings file, or from a newer version.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; give a settings file saved by --save-settings or the app") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not a settings file ({error}); save the settings again") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InputError(
            f"{path}: JSON, but not settings of ReSWD Studio; give a file saved by --save-settings or the app"
        )
    if record.get("format_version") != FORMAT_VERSION:
        raise InputError(
            f"{path}: format version {record.get('format_version')!r}; this program reads {FORMAT_VERSION}"
        )
    try:
        settings = MatchSettings(**record["settings"])
        inputs = {role: {name: str(value) for name, value in entry.items()} for role, entry in record["inputs"].items()}
        if any({"path", "sha256"} - set(entry) for entry in inputs.values()):
            raise KeyError("path or sha256 of an input")
        if not isinstance(palette := record.get("palette"), str | None):
            raise TypeError(f"palette {palette!r}")
        return SavedMatch(settings, inputs, palette, dict(record["grade"]), path.parent)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: the settings are damaged ({error!r}); save them again") from error


def _input(result: MatchResult, role: str, path: Path, names_only: bool) -> dict[str, str]:
    entry = {"path": path.name if names_only else str(path.absolute()), "sha256": result.hashes[role]}
    if role in result.masks:
        entry["data"] = base64.b64encode(result.masks[role]).decode("ascii")
    return entry


def _unpacked(name: str, data: str) -> Path:
    try:
        content = base64.b64decode(data, validate=True)
    except ValueError as error:
        raise InputError(
            f"the mask {name} inside the settings is damaged ({error}); save the settings again"
        ) from error
    folder = Path(tempfile.mkdtemp(prefix="reswd-mask-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    place = folder / name
    place.write_bytes(content)
    return place


def _versions() -> dict[str, str]:
    found = {}
    for name in _RECORDED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
