"""The record inside a painted PNG: all that it takes to paint the picture again."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

from guidance.catalogue import MODELS
from guidance.quantize.kinds import NONE, check_quantization
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation
from reswd_torch.errors import InputError
from studio.jobs import GuideJob, GuidePlace, PaintJob
from studio.jobs.places import KeptMask
from studio.records.colours import unpacked
from studio.records.format import GUIDED, PAINTED, Record, from_text, to_text
from studio.records.masks import unpacked_mask
from studio.references import GuideReference, KeptColours

SETTINGS_KEY = "reswd"
"""Keyword of the PNG text chunk that holds the record."""


def painted_text(job: PaintJob) -> str:
    """The record of a picture that nothing guided."""
    return to_text(PAINTED, {"model": _public_name(job.model), **_quantized(job), **job.generation.to_record()})


def guided_text(
    job: GuideJob, distance: float, plain_distance: float | None, matched_distance: float | None = None
) -> str:
    """The record of a guided picture.

    Args:
        job: what it was made from, with the colours of its reference.
        distance: distance of the picture to the reference, sliced Wasserstein in CIE Lab units.
        plain_distance: distance of the plain picture of the same seed, likewise; None if there is none.
        matched_distance: of that plain picture after a match, likewise, in the record of that picture; None in all others.
    """
    fields: Record = {
        "model": _public_name(job.model),
        **_quantized(job),
        **job.generation.to_record(),
        "guidance": _steering(job.guidance),
        "reference": _kept_colours(job.reference),
        **_places(job),
        "distance": round(distance, 4),
    }
    if plain_distance is not None:
        fields["plain_distance"] = round(plain_distance, 4)
    if matched_distance is not None:
        fields["matched_distance"] = round(matched_distance, 4)
    return to_text(GUIDED, fields)


def _quantized(job: GuideJob | PaintJob) -> Record:
    """The quantization, where there is one: it changes the picture. Weights as they are leave a record as it always was."""
    return {} if job.quantize == NONE else {"quantize": job.quantize}


def _steering(settings: GuidanceSettings) -> Record:
    """The settings of guidance. Without colours to avoid they are kept as they always were."""
    fields = asdict(settings)
    if not settings.avoid:
        del fields["avoid"]
    return fields


def _kept_colours(reference: GuideReference) -> Record:
    assert isinstance(reference, KeptColours), "a record keeps the colours and not where they came from"
    return {"name": reference.name, "colors": reference.colors}


def _places(job: GuideJob) -> Record:
    """The places, where there are any."""
    kept = []
    for place in job.places:
        assert isinstance(place.mask, KeptMask), "a record keeps the mask and not where it came from"
        kept.append({"mask": asdict(place.mask), "reference": _kept_colours(place.reference)})
    return {"places": kept} if kept else {}


def read_painted(path: Path) -> GuideJob | PaintJob:
    """The job that a PNG was made from. Run again, it paints the same picture.

    The model is whatever the file names. A caller who does not trust the file must look at the name before the job is run.

    Raises:
        InputError: there is no such file, it holds no record of a painted picture, or its record is broken.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file: give a PNG made here")
    record = _record(path)
    try:
        return _job(record)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _broken(path, error) from error


def read_guided(path: Path) -> GuideJob:
    """The job that a guided PNG was made from, as :func:`read_painted` returns it.

    Raises:
        InputError: as :func:`read_painted`; or the picture was painted without a reference.
    """
    job = read_painted(path)
    if isinstance(job, PaintJob):
        raise InputError(f"{path}: this picture was painted without a reference: give one that was guided")
    return job


def is_matched(path: Path) -> bool:
    """Whether a PNG shows a plain picture that was matched afterwards. Its job paints the guided one beside which it stood.

    Raises:
        InputError: as :func:`read_painted`.
    """
    return "matched_distance" in _record(path)


def _record(path: Path) -> Record:
    """The record in a PNG, of whatever version. Raises InputError."""
    from PIL import Image

    unreadable = (OSError, TypeError, ValueError, SyntaxError, RecursionError, Image.DecompressionBombError)
    nothing = f"{path}: this file holds no settings of a painted picture: give a PNG made here"
    try:
        with Image.open(path) as image:
            record = from_text(image.info[SETTINGS_KEY])
    except InputError as error:  # JSON is there, but it is none that this program can read
        raise _broken(path, error) from error
    except (KeyError, *unreadable) as error:
        raise InputError(nothing) from error
    if record["kind"] not in (GUIDED, PAINTED):
        raise InputError(nothing)
    return record


def _broken(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: its settings are broken ({error}): give an untouched PNG made here")


def _job(record: Record) -> GuideJob | PaintJob:
    """The job of a record. Raises KeyError, TypeError, ValueError or AttributeError where the record is broken."""
    names = Generation.__dataclass_fields__
    generation = Generation(**_no_flags({name: record[name] for name in names if name in record}))
    _text(generation.negative_prompt)
    model = _text(record["model"])
    quantize = check_quantization(record.get("quantize", NONE))
    if record["kind"] == PAINTED:
        if "guidance" in record:  # without its format, version 1 of a guided picture looks like a plain one
            raise ValueError("a plain picture has no guidance")
        return PaintJob(generation, model, quantize)
    kept = _colours_in(record["reference"])
    places = tuple(_place_in(each) for each in _list(record.get("places", [])))
    guidance = GuidanceSettings(**_no_flags(record["guidance"], but="reevaluate"))
    return GuideJob(generation, kept, guidance, model, "plain_distance" in record, quantize, places)


def _colours_in(reference: Record) -> KeptColours:
    """The colours of a reference. Raises as :func:`_job`."""
    unpacked(reference["colors"])
    return KeptColours(_text(reference["colors"]), _name(reference["name"]))


def _place_in(place: Record) -> GuidePlace:
    """A place. Raises as :func:`_job`."""
    mask = place["mask"]
    kept = KeptMask(_text(mask["levels"]), mask["width"], mask["height"], _name(mask["name"]))
    unpacked_mask(kept)
    return GuidePlace(kept, _colours_in(place["reference"]))


def _list(value: object) -> list[Record]:
    """A value that must be a list. Raises TypeError."""
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.40} is no list")
    return value


def _name(value: object) -> str | None:
    """A name, which may be missing. Raises TypeError."""
    return None if value is None else _text(value)


def _no_flags(fields: Record, but: str = "") -> Record:
    """Fields of which one at most is true or false, which Python counts as 1 and 0. Raises TypeError or AttributeError."""
    for name, value in fields.items():
        if isinstance(value, bool) != (name == but):
            raise TypeError(f"{name} is {value!r:.40}")
    return fields


def _text(value: object) -> str:
    """A value that must be text. Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _public_name(model: str) -> str:
    """What a record calls a model: its id, or ``./`` and the name of its folder.

    Where the folder lies is nobody's business. The dot tells it from a model of the catalogue that has the same name.
    """
    name = model.strip()
    if name in MODELS or (re.fullmatch(r"[\w.-]+/[\w.-]+", name) and not Path(name).is_dir()):
        return name
    return f"./{Path(name).expanduser().resolve().name}"
