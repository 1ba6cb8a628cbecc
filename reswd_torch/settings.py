"""The settings of a colour match, and their defaults, which library, command line and browser share.

Plain Python: importing this module loads no torch, so that a command line can show its help at once.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import TypeGuard

from reswd_torch.checks import is_number, number_within
from reswd_torch.errors import InputError
from reswd_torch.grade.trims import NEUTRAL, Trims, trims_from_record
from reswd_torch.matching.methods import REGISTRY, Method, method_named
from reswd_torch.pairs import Pair, checked_pairs

METHODS = tuple(method.name for method in REGISTRY)
"""Names of all methods; what each is, its declaration in :mod:`reswd_torch.matching.methods` says."""

AUTO_TRANSFORM, CDL, LUT = TRANSFORMS = ("auto", "cdl", "lut")
LOOK, MOOD, COLOURS = AIMS = ("look", "mood", "colours")
PROTECTIONS = ("blacks", "greys", "skin", "highlights")
AUTO_SCENE, SAME_SCENE, DIFFERENT_SCENE = SCENES = ("auto", "same", "different")
DEVICES = ("auto", "cpu", "cuda", "mps")
CUBE_SIZES = (17, 33, 65)
MOST_STRENGTH = 4.0
"""How far beyond its fit, which is 1, a grade is extrapolated at most."""


@dataclass(frozen=True)
class MatchSettings:
    """Settings of one match.

    Attributes:
        method: one of ``METHODS``.
        transform: ``"cdl"`` (ten ASC CDL numbers), ``"lut"`` (a smooth 3-D LUT), or ``"auto"``, the method's own choice: for
            ``fast`` whichever the evidence carries, for ``reswd`` a CDL, for a closed form its own map, sampled on a lattice.
        aim: what to take of a reference that shows something else. ``"look"``: how it was developed and graded, and nothing of
            what it shows; ``"mood"``: its light, warmth, contrast and leading hues, while blacks, greys and skin stay what
            they are; ``"colours"``: its whole distribution. None: the mood, and the colours where the reference is a palette
            or the method a formula. Where points show that both pictures have one scene, all three are the same.
        protect: what a mood may not spoil, of ``PROTECTIONS``: blacks stay black unless the reference's are lifted, greys grey,
            skin keeps its hue, and highlights and shadows are not clipped. Names, one text with commas between them, ``"all"``
            or ``"none"``; kept as a tuple.
        strength: 0 returns the source bit for bit, 1 is the fit, beyond 1 extrapolates. At least 0, at most 4.
        seed: chooses the pixels that are fitted, and every random direction. At least 0.
        device: where to fit: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        samples: how many pixels of each picture the fit looks at, 1 to 2**20.
        scene: whether the two pictures show the same things: ``"same"`` follows points that correspond and the part that both
            show, ``"different"`` compares statistics alone, ``"auto"`` finds out. With a
            method that does not look for a scene, a palette or a series ``"auto"`` compares statistics, and ``"same"`` is
            refused.
        trims: what is changed after the match; ``strength`` does not weaken it.
        pairs: ``(this colour of the source, the colour that it should become)``, at most 16 pairs of ``#rrggbb`` in the source's
            own encoding. A lattice is bent around each; ten numbers come as near as they can. Kept as tuples.
    """

    method: str = "fast"
    transform: str = AUTO_TRANSFORM
    aim: str | None = None
    protect: tuple[str, ...] = PROTECTIONS
    strength: float = 1.0
    seed: int = 0
    device: str = "auto"
    samples: int = 2048
    scene: str = AUTO_SCENE
    trims: Trims = NEUTRAL
    pairs: tuple[Pair, ...] = ()

    def __post_init__(self) -> None:
        method = method_named(self.method)
        if self.transform is None:  # as it was called in records before there was a choice by evidence
            object.__setattr__(self, "transform", AUTO_TRANSFORM)
        _one_of("transform", self.transform, TRANSFORMS)
        if self.aim is not None:
            _one_of("aim", self.aim, AIMS)
        _one_of("device", self.device, DEVICES)
        _one_of("scene", self.scene, SCENES)
        if self.scene == SAME_SCENE and not method.looks_for_scene:
            able = " or ".join(each.name for each in REGISTRY if each.looks_for_scene)
            raise InputError(
                f"scene 'same' needs method {able}, not {self.method}: leave the method out, or choose scene auto"
            )
        object.__setattr__(self, "protect", _protections(self.protect))
        if self.aim in (LOOK, MOOD) and not method.takes_aims:
            able = " or ".join(each.name for each in REGISTRY if each.takes_aims)
            raise InputError(
                f"aim {self.aim!r} needs method {able}, not {self.method}: leave the method out, or choose aim colours"
            )
        if not isinstance(self.trims, Trims):  # plain names with numbers, as records have them
            object.__setattr__(self, "trims", trims_from_record(self.trims))
        object.__setattr__(self, "pairs", checked_pairs(self.pairs))
        check_strength(self.strength)
        if not (is_number(self.seed, Integral) and 0 <= self.seed < 2**63):
            raise InputError(f"seed {reprlib.repr(self.seed)} is not usable: give a whole number from 0 to 2**63 - 1")
        if not (is_number(self.samples, Integral) and 1 <= self.samples <= 2**20):
            raise InputError(
                f"samples {reprlib.repr(self.samples)} is out of range: give a whole number from 1 to {2**20}"
            )
        for name, kind in (("strength", float), ("seed", int), ("samples", int)):  # NumPy's numbers do not go into JSON
            object.__setattr__(self, name, kind(getattr(self, name)))

    @property
    def declared_method(self) -> Method:
        """What the method declares about itself."""
        return method_named(self.method)

    @property
    def looks_for_scene(self) -> bool:
        """Whether the fit uses the pictures themselves, as thumbnails, and not their colours alone."""
        return self.declared_method.looks_for_scene and self.scene != DIFFERENT_SCENE

    @property
    def resolved_transform(self) -> str:
        """What the grade will be made of: ``"cdl"`` or ``"lut"``; ``"auto"`` where the evidence decides."""
        default = self.declared_method.default_transform
        if self.pairs and default == CDL:  # a method's ten numbers are bent into a lattice, unless ten are asked for
            default = "auto"
        return default if self.transform == AUTO_TRANSFORM else self.transform

    def aim_for(self, *, picture: bool) -> str:
        """What is taken of a reference that shows something else.

        Args:
            picture: whether the reference is a picture, or a series or clip, and not a palette.

        Raises:
            InputError: the look of a palette, which has none.
        """
        if self.aim == LOOK and not picture:
            raise InputError("aim 'look' needs a reference picture, not a palette: choose aim mood or colours")
        if self.aim is None:
            return MOOD if picture and self.declared_method.takes_aims else COLOURS
        return self.aim


def _protections(value: object) -> tuple[str, ...]:
    """What is protected, in the order of ``PROTECTIONS``.

    Raises:
        InputError: a name that is none of them.
    """
    names = value.replace(" ", "").split(",") if isinstance(value, str) else list(value) if _is_many(value) else [value]
    if names in (["all"], ["none"]):
        return PROTECTIONS if names == ["all"] else ()
    for name in names:
        if name not in PROTECTIONS:
            raise InputError(f"unknown protection {name!r}: choose from {', '.join(PROTECTIONS)}, or all, or none")
    return tuple(name for name in PROTECTIONS if name in names)


def _is_many(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, list | tuple)


def check_strength(strength: object) -> None:
    """Refuse a strength that is not a number from 0 to 4.

    Raises:
        InputError: not a number, NaN, or out of range.
    """
    number_within("strength", strength, 0.0, MOST_STRENGTH)


def check_cube_size(size: int) -> None:
    """Refuse a number of lattice points that no grading program expects.

    Raises:
        InputError: not one of ``CUBE_SIZES``.
    """
    if size not in CUBE_SIZES:
        raise InputError(f"cube size {size} is not in use: choose one of {', '.join(map(str, CUBE_SIZES))}")


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(f"unknown {name} {value!r}: choose one of {', '.join(allowed)}")
