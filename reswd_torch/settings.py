"""What a colour match can be told, and the defaults that library, command line and browser share.

Plain Python: importing this module loads no torch, so that ``reswd --help`` stays quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real

from reswd_torch.errors import InputError

METHODS = ("fast", "reswd", "reinhard", "mkl", "histogram")
"""``fast`` and ``reswd`` minimise the sliced Wasserstein distance; the other three are closed forms."""

CLOSED_FORMS = ("reinhard", "mkl", "histogram")
TRANSFORMS = ("cdl", "lut")
AUTO_SCENE, SAME_SCENE, DIFFERENT_SCENE = SCENES = ("auto", "same", "different")
DEVICES = ("auto", "cpu", "cuda", "mps")
CUBE_SIZES = (17, 33, 65)


@dataclass(frozen=True)
class MatchSettings:
    """Settings of one match.

    Attributes:
        method: one of ``METHODS``.
        transform: ``"cdl"`` (ten ASC CDL numbers), ``"lut"`` (a smooth 3-D LUT), or None: a CDL for the two optimisers,
            and for a closed form the lattice of its own map.
        strength: 0 returns the source bit for bit, 1 is the fit, beyond 1 extrapolates. At least 0, at most 4.
        seed: chooses the pixels that are fitted, and every random direction. At least 0.
        device: where to fit: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        samples: how many pixels of each picture the fit looks at.
        scene: whether the two pictures show the same things: ``"same"`` follows points that correspond and the part that both
            show, ``"different"`` compares statistics alone, ``"auto"`` finds out. Method ``fast`` only; with another
            one, a palette or a series, ``"auto"`` compares statistics.
    """

    method: str = "fast"
    transform: str | None = None
    strength: float = 1.0
    seed: int = 0
    device: str = "auto"
    samples: int = 2048
    scene: str = AUTO_SCENE

    def __post_init__(self) -> None:
        _one_of("method", self.method, METHODS)
        if self.transform is not None:
            _one_of("transform", self.transform, TRANSFORMS)
        _one_of("device", self.device, DEVICES)
        _one_of("scene", self.scene, SCENES)
        if self.scene == SAME_SCENE and self.method != "fast":
            raise InputError(
                f"scene 'same' needs method fast, not {self.method}: leave the method out, or choose scene auto"
            )
        check_strength(self.strength)
        if not (isinstance(self.seed, Integral) and 0 <= self.seed < 2**63):
            raise InputError(f"seed {self.seed!r} is not usable: give a whole number from 0 to 2**63 - 1")
        if not (isinstance(self.samples, Integral) and 1 <= self.samples <= 2**20):
            raise InputError(f"samples {self.samples!r} is out of range: give a whole number from 1 to {2**20}")
        for name, kind in (("strength", float), ("seed", int), ("samples", int)):  # NumPy's numbers do not go into JSON
            object.__setattr__(self, name, kind(getattr(self, name)))

    @property
    def looks_for_scene(self) -> bool:
        """Whether a fit wants to see the pictures, and not only their colours."""
        return self.method == "fast" and self.scene != DIFFERENT_SCENE

    @property
    def resolved_transform(self) -> str:
        """``"cdl"`` or ``"lut"``: what the grade will be made of."""
        if self.transform is not None:
            return self.transform
        return "lut" if self.method in CLOSED_FORMS else "cdl"


def check_strength(strength: object) -> None:
    """Refuse what is not a number from 0 to 4.

    Raises:
        InputError: not a number, NaN, or out of range.
    """
    if not (isinstance(strength, Real) and 0 <= float(strength) <= 4):
        raise InputError(f"strength {strength!r} is out of range: give a number from 0 to 4")


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
