"""How far a match ends from the truth of a case, in mean CIEDE2000 over the picture.

    judged = Judged.of(load_case(folder))
    score_case(judged, {"lut": by_settings(transform="lut")})      {"nothing": 9.1, "lut": 3.2}

A case is read and sampled once for all methods. Only ``PIXELS`` pixels are judged, and those that are clipped in the source or in
the truth are left out: what was lost there no grade can bring back.
"""

from __future__ import annotations

import contextlib
import importlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float, Int

from benchmarks.match import delta_e, installed
from benchmarks.truth.make import Case
from reswd_torch import InputError, MatchSettings
from reswd_torch.grade import Grade
from reswd_torch.matching import PixelSample, fit_pairs, fit_samples, sample_pixels

PIXELS = 6000
"""Pixels of a case that are judged, drawn at random. The mean over them is within 1% or so of that over the picture."""
FITTED = 2000
"""Of them, those that a floor is fitted to. With all of them it is lower by less than 0.02."""
LEAST = 1000
"""A case with fewer pixels that are not clipped is left out."""
WHITE, BLACK = 0.99, 0.01
"""A pixel counts as clipped with a channel at least as bright as this, or all of them at most as bright."""
WORSE = 0.3
"""CIEDE2000 by which a match has to be further from the truth than the source to count as worse than nothing."""
NOTHING = "nothing"
LIBRARY = ("Reinhard01", "Reinhard07", "Pitie05", "Xiao06")
"""Methods of colortransferlib 2.2 that need no weights and no minutes for a picture."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A case, the pixels of it that are judged, and the samples that fits of it share.

    Attributes:
        case: the case.
        places: which pixels, counted row by row.
        source: their colours in the source, float32, 0..1.
        truth: what they should become.
    """

    case: Case
    places: Int[np.ndarray, " n"]
    source: Float[np.ndarray, "n 3"]
    truth: Float[np.ndarray, "n 3"]
    _samples: dict[tuple[int, int, bool], tuple[PixelSample, PixelSample]] = field(default_factory=dict)

    @classmethod
    def of(cls, case: Case) -> Judged:
        """Choose the pixels, the same ones every time.

        Raises:
            InputError: hardly any pixel is not clipped.
        """
        source, truth = (picture.reshape(-1, 3) for picture in (case.source, case.truth))
        lost = [(each.max(axis=1) >= WHITE) | (each.max(axis=1) <= BLACK) for each in (source, truth)]
        fair = np.flatnonzero(~(lost[0] | lost[1]))
        if len(fair) < LEAST:
            raise InputError(f"{case.name}: only {len(fair)} pixels are not clipped")
        places = np.random.default_rng(0).choice(fair, min(PIXELS, len(fair)), replace=False)
        return cls(case, places, source[places], truth[places])

    def samples(self, settings: MatchSettings) -> tuple[PixelSample, PixelSample]:
        """Source and reference as :func:`reswd_torch.match` samples them."""
        key = (settings.samples, settings.seed, settings.looks_for_scene)
        if key not in self._samples:
            source, reference = (
                sample_pixels(torch.from_numpy(picture), key[0], key[1], with_thumbnail=key[2])
                for picture in (self.case.source, self.case.reference)
            )
            self._samples[key] = source, reference
        return self._samples[key]


Method: TypeAlias = Callable[[Judged], np.ndarray]
"""Gives the judged pixels (n, 3) as a match leaves them; it may look at the whole case."""


def score_case(case: Judged | Case, methods: Mapping[str, Method]) -> dict[str, float]:
    """Mean CIEDE2000 to the truth under each method, and first, as ``"nothing"``, that of the source itself.

    Raises:
        InputError: hardly any pixel of the case is not clipped.
    """
    judged = case if isinstance(case, Judged) else Judged.of(case)
    every = {NOTHING: nothing, **methods}
    return {name: delta_e(method(judged), judged.truth) for name, method in every.items()}


def nothing(judged: Judged) -> np.ndarray:
    """The source as it is."""
    return judged.source


def fitted(judged: Judged, settings: MatchSettings) -> Grade | None:
    """The grade that a match with these settings finds; None where it is refused, as scene ``"same"`` is where there is none."""
    try:
        return fit_samples(*judged.samples(settings), settings)
    except InputError:
        return None


def by_settings(**options: Any) -> Method:
    """Our match with settings by name, as :class:`MatchSettings` has them. What is refused counts as nothing done.

    Raises:
        InputError: a value that is not allowed.
    """
    settings = MatchSettings(**options)

    def method(judged: Judged) -> np.ndarray:
        grade = fitted(judged, settings)
        return judged.source if grade is None else grade.apply(judged.source)

    return method


def floor(transform: str) -> Method:
    """The best that a CDL or a smooth LUT reaches: fitted to the truth of judged pixels."""

    def method(judged: Judged) -> np.ndarray:
        source, truth = (torch.from_numpy(colors[:FITTED]) for colors in (judged.source, judged.truth))
        return Grade(fit_pairs(source, truth, transform)).apply(judged.source)

    return method


def by_color_matcher(name: str) -> Method:
    """A method of color-matcher, which works on whole pictures."""

    def method(judged: Judged) -> np.ndarray:
        from benchmarks.match import by_peer

        out = by_peer(judged.case.source * 255.0, judged.case.reference * 255.0, name)
        return np.asarray(out).reshape(-1, 3)[judged.places] / 255

    return method


def by_colortransferlib(name: str) -> Method:
    """A method of colortransferlib (H. Potechius and others), on whole pictures. What fails there counts as nothing done."""

    def method(judged: Judged) -> np.ndarray:
        from ColorTransferLib.ColorTransfer import ColorTransfer
        from ColorTransferLib.DataTypes.Image import Image

        # Its pictures are BGR with the values 0..255, which it turns into RGB with 0..1.
        pictures = [Image(array=each[..., ::-1] * 255) for each in (judged.case.source, judged.case.reference)]
        with contextlib.redirect_stdout(io.StringIO()):
            answer = ColorTransfer(*pictures, name).apply()
        if not answer or answer["status_code"] != 0:
            return judged.source
        out = np.asarray(answer["object"].get_raw(), np.float64)
        return np.nan_to_num(out.reshape(-1, 3)[judged.places]).clip(0, 1)

    return method


def settings_named(text: str) -> tuple[str, dict[str, Any]] | None:
    """The name and the settings in a text such as ``soft=aim=mood,strength=0.5``; None if it names another kind of method.

    ``aim=mood`` is named after itself, and ``default`` has no settings.

    Raises:
        InputError: a setting that does not exist, or a value that is not allowed.
    """
    if text in (NOTHING, "floor-cdl", "floor-lut") or text.startswith(("cm:", "ctl:")):
        return None
    name, _, rest = text.partition("=")
    if rest and "=" not in rest.split(",")[0]:
        name, rest = text, text
    kinds = {each.name: {"float": float, "int": int}.get(str(each.type), str) for each in fields(MatchSettings)}
    options: dict[str, Any] = {}
    for part in filter(None, rest.split(",")):
        key, _, value = part.partition("=")
        if key not in kinds:
            raise InputError(f"{text!r} has no setting {key!r}: choose from {', '.join(kinds)}")
        try:
            options[key] = kinds[key](value)
        except ValueError as error:
            raise InputError(f"{text!r}: {key} is a number, not {value!r}") from error
    if not rest and name != "default" and not text.endswith("="):
        raise InputError(
            f"unknown method {text!r}: give default, floor-cdl, floor-lut, cm:NAME, ctl:NAME or NAME=k=v,k=v"
        )
    MatchSettings(**options)
    return name, options


def methods_named(texts: Sequence[str]) -> tuple[dict[str, Method], list[str]]:
    """Methods by name, and a sentence on each that cannot run here.

    Args:
        texts: each ``nothing``, ``floor-cdl``, ``floor-lut``, ``cm:NAME`` (color-matcher), ``ctl:NAME`` or ``ctl:best``
            (colortransferlib; best: every method in ``LIBRARY``) or settings (:func:`settings_named`).

    Raises:
        InputError: a text that is none of these.
    """
    found: dict[str, Method] = {}
    skipped = []
    for text in texts:
        settings = settings_named(text)
        if settings is not None:
            found[settings[0]] = by_settings(**settings[1])
        elif text.startswith("floor-"):
            found[text] = floor(text.removeprefix("floor-"))
        elif text.startswith("cm:"):
            if installed("color_matcher"):
                found[text] = by_color_matcher(text.removeprefix("cm:"))
            else:
                skipped.append(f"{text}: color-matcher is not installed here (pip install color-matcher)")
        elif text.startswith("ctl:"):
            for name in LIBRARY if text == "ctl:best" else (text.removeprefix("ctl:"),):
                try:
                    importlib.import_module(f"ColorTransferLib.Algorithms.{name}.{name}")
                except ImportError as error:
                    skipped.append(f"ctl:{name}: {error} (colortransferlib 2.2 needs Python 3.12 and torch 2.12)")
                else:
                    found[f"ctl:{name}"] = by_colortransferlib(name)
    return found, skipped


@dataclass(frozen=True)
class Row:
    """One method over the cases of a family.

    Attributes:
        mean: mean of the cases, CIEDE2000.
        late: their 90th percentile.
        worst: greatest ratio of a case to doing nothing there.
        worse: share of the cases that end worse than nothing by more than ``WORSE``.
    """

    mean: float
    late: float
    worst: float
    worse: float

    @classmethod
    def of(cls, scores: Sequence[float], before: Sequence[float]) -> Row:
        """From the scores of a method and of doing nothing, case by case."""
        after, start = np.asarray(scores), np.asarray(before)
        return cls(
            float(after.mean()),
            float(np.quantile(after, 0.9)),
            float((after / start.clip(1e-6)).max()),
            float((after > start + WORSE).mean()),
        )
