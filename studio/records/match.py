"""The settings of a match as a record: enough to run it again to the same bytes, and to apply its grade elsewhere."""

from __future__ import annotations

import atexit
import base64
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PureWindowsPath
from typing import Any

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from reswd_torch.grade.grade import grade_from_record
from reswd_torch.settings import MatchSettings
from reswd_torch.spaces.choice import SpaceChoice
from studio.color_range import ColorRange
from studio.jobs import MatchJob
from studio.media.places import sha256_of
from studio.records.format import MATCH, a_number, a_path, read_record, to_text
from studio.records.settings import settings_in
from studio.records.spaces import spaces_in, spaces_record
from studio.references import ClipReference, PaletteReference, PictureReference, Reference, SavedGrade, choose_reference
from studio.remedies import JobRemedy


@dataclass(frozen=True)
class SavedMatch:
    """What a settings file holds.

    Attributes:
        settings: how it was matched.
        inputs: by role (``source``, ``target``, ``mask``, ``target_mask``, ``config``): ``{"path": ..., "sha256": ...}``, and
            ``"data"`` (base64) for a mask that the settings carry themselves.
        palette: the palette text, or None.
        grade: the grade as plain data, for :func:`reswd_torch.grade.grade.grade_from_record`.
        folder: where the settings file lies.
        at: seconds from the start of the target, a clip, to the frame that was wanted; None for anything else.
        mask_colors: colours near which the source counted and changed; None for all.
        target_mask_colors: colours near which the target counted; None for all.
        spaces: the colour spaces; None where there were none. A config that is a file is the input of role ``config``, and
            :meth:`space_choice` says where it is.
    """

    settings: MatchSettings
    inputs: dict[str, dict[str, str]]
    palette: str | None
    grade: dict[str, Any]
    folder: Path
    at: float | None = None
    mask_colors: ColorRange | None = None
    target_mask_colors: ColorRange | None = None
    spaces: SpaceChoice | None = None

    def space_choice(self) -> SpaceChoice | None:
        """The colour spaces, with the config where it is now; None where there were none."""
        if self.spaces is None or self.spaces.is_built_in:
            return self.spaces
        return replace(self.spaces, config=str(self.file("config")))

    def reference(
        self, mask: Path | None = None, at: float | None = None, mask_colors: ColorRange | None = None
    ) -> Reference:
        """What was matched to: a picture, a clip, a palette, or the grade where the run itself applied a saved one.

        Args:
            mask: of the reference, in place of the recorded one.
            at: seconds from the start of the reference, a clip, in place of the recorded time.
            mask_colors: of the reference, in place of the recorded ones.

        Raises:
            InputError: the grade in the settings is damaged, or ``mask``, ``at`` or ``mask_colors`` without what it belongs to.
        """
        file = self.file("target")
        if file is None and self.palette is None:
            grade = SavedGrade(grade_from_record(self.grade))
            return choose_reference(grade=grade, mask=mask, at=at, mask_colors=mask_colors)
        mask, at = mask or self.file("target_mask"), self.at if at is None else at
        colors = mask_colors or self.target_mask_colors
        return choose_reference(file=file, mask=mask, at=at, palette=self.palette, mask_colors=colors)

    def file(self, role: str) -> Path | None:
        """The input of a role: where it was, beside the settings, or the mask inside, whichever has the recorded bytes.

        Where none has, the first that is there; where none is there, where it was. None where the run had no such input.
        """
        entry = self.inputs.get(role)
        if entry is None:
            return None
        recorded = Path(entry["path"])
        name = PureWindowsPath(entry["path"]).name  # of either system's paths
        there = [path for path in (recorded, self.folder / name) if os.path.isfile(path)]  # which no name makes stumble
        for path in there:
            if sha256_of(path) == entry["sha256"]:
                return path
        if "data" in entry:
            return _unpacked(name, entry["data"])
        return there[0] if there else recorded


def settings_text(
    job: MatchJob,
    grade: Grade,
    hashes: Mapping[str, str],
    masks: Mapping[str, bytes],
    *,
    encoding: str,
    names_only: bool = False,
) -> str:
    """The record of a finished match.

    Args:
        job: what was asked.
        grade: what was fitted, with its report; or the saved grade that was applied.
        hashes: SHA-256 of every input file, by role.
        masks: the bytes of masks that the record shall carry itself, by role.
        encoding: the colour encoding of the source.
        names_only: leave the folders of the inputs out: the browser app's uploads lie in folders that mean nothing to
            the person who downloads the settings, and tell about the server.
    """
    inputs: dict[str, dict[str, str]] = {}
    for role, path in job.files.items():
        inputs[role] = {"path": path.name if names_only else str(path.absolute()), "sha256": hashes[role]}
        if role in masks:
            inputs[role]["data"] = base64.b64encode(masks[role]).decode("ascii")
    fields: dict[str, Any] = {
        "settings": asdict(job.settings),
        "palette": job.reference.text if isinstance(job.reference, PaletteReference) else None,
        "inputs": inputs,
        "at": job.reference.at if isinstance(job.reference, ClipReference) else None,
        "encoding": encoding,
        "grade": grade.to_record(),
    }
    if job.mask_colors is not None:
        fields["mask_colors"] = asdict(job.mask_colors)
    if isinstance(job.reference, PictureReference) and job.reference.mask_colors is not None:
        fields["target_mask_colors"] = asdict(job.reference.mask_colors)
    if job.spaces is not None:
        fields["spaces"] = spaces_record(job.spaces)
    if grade.report is not None:
        fields["distance"] = {"before": grade.report.distance_before, "after": grade.report.distance_after}
    return to_text(MATCH, fields)


def read_settings(path: Path) -> SavedMatch:
    """Read a settings file.

    Raises:
        InputError: missing, not JSON, not a settings file, or from a newer version.
    """
    try:
        record = read_record(path)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file", JobRemedy.SAVED_SETTINGS) from error
    except InputError as error:
        raise InputError(f"{path}: {error}", JobRemedy.SAVED_SETTINGS) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path}: not a settings file ({reason}); save the settings again") from error
    if record["kind"] != MATCH:
        raise InputError(f"{path}: a record of a {record['kind']}, not settings of a match", JobRemedy.SAVED_SETTINGS)
    try:
        settings = settings_in(record["settings"])
        inputs = {role: {name: str(value) for name, value in entry.items()} for role, entry in record["inputs"].items()}
        if any({"path", "sha256"} - set(entry) for entry in inputs.values()):
            raise KeyError("path or sha256 of an input")
        for entry in inputs.values():
            a_path(entry["path"])
        if not isinstance(palette := record.get("palette"), str | None):
            raise TypeError(f"palette {palette!r}")
        at = None if record.get("at") is None else a_number(record["at"])
        mask, target_mask = (_color_range_in(record.get(name)) for name in ("mask_colors", "target_mask_colors"))
        spaces = spaces_in(record.get("spaces"), config_kept="config" in inputs)
        return SavedMatch(settings, inputs, palette, dict(record["grade"]), path.parent, at, mask, target_mask, spaces)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(f"{path}: the settings are damaged ({error!r}); save them again") from error


def _color_range_in(kept: dict[str, Any] | None) -> ColorRange | None:
    """The range of colours that a record keeps. Raises InputError, KeyError or TypeError where it is damaged."""
    if kept is None:
        return None
    if not isinstance(colors := kept["colors"], str):
        raise TypeError(f"{colors!r:.40} are no colours")
    return ColorRange(colors, *(a_number(kept[name]) for name in ("tolerance", "softness", "feather")))


def _unpacked(name: str, data: str) -> Path:
    try:
        content = base64.b64decode(data, validate=True)
    except ValueError as error:
        raise InputError(
            f"the mask {name} inside the settings is damaged ({error}); save the settings again"
        ) from error
    folder = Path(tempfile.mkdtemp(prefix="reswd-mask-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    plain = name.replace("\\", "/").rpartition("/")[2].encode("utf-8", "replace")[-200:].decode("utf-8", "replace")
    place = folder / (plain if plain.strip(".: \0") and "\0" not in plain else "mask")
    place.write_bytes(content)
    return place
