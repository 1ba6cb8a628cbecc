"""The record inside a painted PNG: all that it takes to paint the picture again."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from guidance.catalogue import MODELS
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation
from reswd_torch.errors import InputError
from studio.jobs import GuideJob, PaintJob
from studio.records.format import GUIDED, PAINTED, Record, from_text, to_text
from studio.references import KeptColours

SETTINGS_KEY = "reswd"
"""Keyword of the PNG text chunk that holds the record."""


def painted_text(job: PaintJob) -> str:
    """The record of a plain picture."""
    return to_text(PAINTED, {"model": _public_name(job.model), **job.generation.to_record()})


def guided_text(job: GuideJob, distance: float, plain_distance: float | None) -> str:
    """The record of a guided picture.

    Args:
        job: what it was made from, with the colours of its reference.
        distance: to the reference, sliced Wasserstein in CIE Lab units.
        plain_distance: of the plain picture of the same seed, if there is one.
    """
    assert isinstance(job.reference, KeptColours), "a record keeps the colours and not where they came from"
    fields: Record = {
        "model": _public_name(job.model),
        **job.generation.to_record(),
        "guidance": asdict(job.guidance),
        "reference": {"name": job.reference.name, "colors": job.reference.colors},
        "distance": round(distance, 4),
    }
    if plain_distance is not None:
        fields["plain_distance"] = round(plain_distance, 4)
    return to_text(GUIDED, fields)


def read_painted(path: Path) -> GuideJob | PaintJob:
    """What a PNG was made from; run again, the job paints the same picture.

    The model is whatever the file says: who does not trust the file looks at it before it is loaded.

    Raises:
        InputError: no PNG of ours, or its settings are broken.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file: give a PNG made here")
    record = _record(path)
    try:
        return _job(record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: its settings are broken ({error}): give an untouched PNG made here") from error


def read_guided(path: Path) -> GuideJob:
    """:func:`read_painted` for a picture that was guided. Raises InputError for a plain one as well."""
    job = read_painted(path)
    if isinstance(job, PaintJob):
        raise InputError(f"{path}: this picture was painted without a reference: give one that was guided")
    return job


def _record(path: Path) -> Record:
    from PIL import Image

    try:
        with Image.open(path) as image:
            record = from_text(image.info[SETTINGS_KEY])
        if record["kind"] not in (GUIDED, PAINTED):
            raise ValueError(record["kind"])
    except (
        OSError,
        KeyError,
        TypeError,
        ValueError,
        SyntaxError,
        RecursionError,
        Image.DecompressionBombError,
    ) as error:
        if isinstance(error, InputError) and "version" in str(error):
            raise InputError(f"{path}: its settings are broken ({error}): give an untouched PNG made here") from error
        raise InputError(f"{path}: this file holds no settings of a painted picture: give a PNG made here") from error
    return record


def _job(record: Record) -> GuideJob | PaintJob:
    names = Generation.__dataclass_fields__
    generation = Generation(**{name: record[name] for name in names if name in record})
    model = _text(record["model"])
    if record["kind"] == PAINTED:
        return PaintJob(generation, model)
    reference = record["reference"]
    name = None if reference["name"] is None else _text(reference["name"])
    kept = KeptColours(_text(reference["colors"]), name)
    guidance = GuidanceSettings(**record["guidance"])
    return GuideJob(generation, kept, guidance, model, plain="plain_distance" in record)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _public_name(model: str) -> str:
    """A model's id; of a folder ``./`` and its own name: where it lies is nobody's business.

    The dot tells a folder from the model of the catalogue that it may be called like.
    """
    name = model.strip()
    if name in MODELS or (re.fullmatch(r"[\w.-]+/[\w.-]+", name) and not Path(name).is_dir()):
        return name
    return f"./{Path(name).expanduser().resolve().name}"
