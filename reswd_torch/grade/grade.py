"""A fitted grade: ten CDL numbers or a lattice, how strongly it is applied, and what the fit reported."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import torch
from torch import Tensor

from reswd_torch.arrays import Array, colors_in, like_input
from reswd_torch.errors import InputError, MatchRemedy
from reswd_torch.grade.applied import applied, is_of_floats
from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.constants import Triple
from reswd_torch.grade.formats import GradeFormat, format_for, grade_suffixes, in_words, read_grade_file
from reswd_torch.grade.kinds import Transform, in_cube, in_range
from reswd_torch.grade.lut3d import Lut3D, lattice_of
from reswd_torch.grade.lut_chain import LutChain
from reswd_torch.grade.neutral import cast_gains
from reswd_torch.grade.record import number_in, transform_from_record, transform_to_record, triple_in
from reswd_torch.grade.trimmed import as_cdl, at_strength, trimmed, untrimmed
from reswd_torch.grade.trims import NEUTRAL, Trims, trims_from_record
from reswd_torch.settings import CDL, LUT, MatchSettings, check_cube_size, check_strength
from reswd_torch.threads import one_thread

if TYPE_CHECKING:
    from PIL import Image

    from reswd_torch.matching.report import MatchReport

_SCATTERED = 1 << 18
_NO_GAINS: Triple = (1.0, 1.0, 1.0)
_MOST_GAIN = 16.0


@dataclass(frozen=True)
class CubeError:
    """How far a .cube of this grade is from the grade itself between its lattice points.

    Attributes:
        size: lattice points along one axis.
        mean: mean absolute difference per channel, 0..1.
        max: largest difference in any channel, 0..1.
    """

    size: int
    mean: float
    max: float


@dataclass(frozen=True, eq=False)
class Grade:
    """What :func:`reswd_torch.match` returns.

    Attributes:
        transform: the grade at full strength.
        strength: 0 leaves pictures as they are, 1 is the fit, beyond 1 extrapolates.
        report: what the fit measured; None for a grade that was loaded from a file.
        encoding: the colour encoding that the grade was fitted in and expects.
        notes: what had to be assumed.
        trims: what is done behind the fit, whatever its strength.
        gains: the factors that take the picture's whole cast away, for ``trims.neutralise``; None where no picture was looked at,
            and nothing is taken away.
    """

    transform: Transform
    strength: float = 1.0
    report: MatchReport | None = None
    encoding: str = "sRGB"
    notes: tuple[str, ...] = ()
    trims: Trims = NEUTRAL
    gains: Triple | None = None

    def __post_init__(self) -> None:
        check_strength(self.strength)
        if self.gains is not None and not all(0.0 < gain <= _MOST_GAIN for gain in self.gains):
            raise InputError(
                f"gains {self.gains} against a cast: give three numbers above 0 and at most {_MOST_GAIN:g}"
            )

    @property
    def effective(self) -> Transform:
        """What is applied and saved: the transform at this grade's strength, and the trims behind it.

        Ten numbers stay ten numbers where the trims can be taken into them; else it is a lattice. :attr:`lut_makers` says why.
        """
        if self.trims.is_neutral:
            return at_strength(self.transform, self.strength)
        return trimmed(self.transform, self.strength, self.trims, self.gains or _NO_GAINS)

    @property
    def leaves_alone(self) -> bool:
        """Whether pictures stay as they are, bit for bit."""
        return self.strength == 0.0 and self.trims.is_neutral

    @property
    def is_cdl(self) -> bool:
        """Whether what is applied and saved is ten CDL numbers."""
        if self.trims.is_neutral:
            return isinstance(self.transform, Cdl)
        return as_cdl(self.transform, self.strength, self.trims, self.gains or _NO_GAINS) is not None

    @property
    def kind(self) -> str:
        """What is applied and saved: ``"cdl"`` or ``"lut"``."""
        return CDL if self.is_cdl else LUT

    @property
    def lut_makers(self) -> tuple[str, ...]:
        """The trims for which a fit of ten numbers is applied and saved as a lattice; none where it is what was fitted.

        Those that make it one on their own; where none does, all that are not neutral.
        """
        if self.is_cdl or not isinstance(self.transform, Cdl):
            return ()
        changed = self.trims.changed
        alone = tuple(name for name in changed if not replace(self, trims=self.trims.alone(name)).is_cdl)
        return alone or changed

    @property
    def fit_alone(self) -> Grade:
        """The fit at full strength, without trims."""
        return replace(self, strength=1.0, trims=NEUTRAL, gains=None)

    def at_strength(self, strength: float, colors: Tensor | None = None) -> Grade:
        """The same fit at another strength, with the same trims; nothing is fitted again.

        Args:
            strength: 0 to 4.
            colors: (N, 3) sample of the picture: where its cast is taken away, it is looked for anew. Left out, the cast stays
                what it was.
        """
        check_strength(strength)
        other = replace(self, strength=float(strength))
        return other if strength == self.strength else other._with_cast_of(colors)

    def trimmed(self, trims: Trims, colors: Tensor | None = None) -> Grade:
        """The same fit with other trims.

        Args:
            trims: instead of those that it has.
            colors: (N, 3) sample of the picture, encoded, 0..1, for ``trims.neutralise``. Without it a cast that was found before
                is taken away, and none where none was looked for.
        """
        kept = self.gains if trims.only == self.trims.only else None
        other = replace(self, trims=trims, gains=kept if trims.neutralise else None)
        return other._with_cast_of(colors) if other.gains is None else other

    def for_settings(self, settings: MatchSettings, colors: Tensor | None = None) -> Grade:
        """A saved grade at the strength and with the trims of settings. Settings without trims leave it its own.

        Args:
            settings: what is asked for.
            colors: as for :meth:`trimmed`.
        """
        trims = self.trims if settings.trims.is_neutral else settings.trims
        return self.at_strength(settings.strength, colors).trimmed(trims, colors)

    @one_thread()
    def _with_cast_of(self, colors: Tensor | None) -> Grade:
        """The cast of a picture's colours under this grade, where it is to be taken away."""
        if colors is None or not self.trims.neutralise:
            return self
        graded = untrimmed(self.transform, self.strength, self.trims.only, colors)
        return replace(self, gains=cast_gains(graded))

    @overload
    def apply(self, image: Array, *, strength: float | None = None, layout: str | None = None) -> Array: ...
    @overload
    def apply(
        self, image: Image.Image | str | PathLike[str], *, strength: float | None = None, layout: str | None = None
    ) -> Image.Image: ...
    def apply(self, image: Any, *, strength: float | None = None, layout: str | None = None) -> Any:
        """Grade a picture. Its colours have to be encoded as :attr:`encoding` says: nothing is converted.

        Args:
            image: what :func:`reswd_torch.match` takes: a float array or tensor, (..., 3) or (3, H, W) or (B, 3, H, W), in 0..1;
                the same of uint8 or uint16; a PIL picture; a path.
            strength: instead of the grade's own.
            layout: of arrays and tensors, as for :func:`reswd_torch.match`.

        Returns:
            Same kind, shape and dtype, 0..1. With strength 0 and no trims the same values, bit for bit. A LUT of another
            program may give values outside 0..1: they are kept to the end and clipped here; ``effective.apply`` does not clip.
            Tensors of floats carry gradients. Integers become the pixels that the command line writes.

            A PIL picture keeps size, alpha, ``info`` and profile; what is fully transparent stays as it is. So does its mode, RGB
            or RGBA, YCbCr, HSV, and 16-bit grey, which gets the luma of the result, as Pillow has no colours of that depth. Grey
            of 8 bits, palettes, CMYK and Lab become RGB or RGBA. Of a path it is a PIL picture, turned upright.

        Raises:
            InputError: wrong shape, layout, dtype or range; a picture or file that cannot be read; a file of 16-bit colours.
        """
        grade = self if strength is None else self.at_strength(strength)
        if is_of_floats(image, layout):
            return grade._of_floats(image)
        return applied(image, layout, None if grade.leaves_alone else grade.effective, grade._of_floats)

    def _of_floats(self, image: Array) -> Array:
        """An array or tensor of floats, (..., 3), graded. Raises InputError for anything else."""
        rgb = colors_in(image, "image")
        if self.leaves_alone:
            return like_input(rgb.clone(), image)
        effective = self.effective
        return like_input(in_range(effective, effective.apply(rgb)), image)

    def lattice(self, size: int = 33) -> Lut3D:
        """The grade at its strength, at every point of a lattice."""
        return lattice_of(self.effective, size)

    def cube_error(self, size: int = 33) -> CubeError:
        """Compare a .cube of ``size`` points with the grade, at the centre of every cell, edge and face of the lattice
        and at scattered colours: where a CDL starts to clamp, the largest error lies anywhere in a cell. A LUT of another program
        whose tables are saved as they are has none."""
        effective = self.effective
        cube = in_cube(effective, size)
        if isinstance(cube, LutChain) and cube is effective:
            return CubeError(cube.steps[-1].size, 0.0, 0.0)
        ours, its = (in_range(one, lattice_of(one, 2 * size - 1).values) for one in (effective, cube))
        centres = (its - ours).abs()
        colours = torch.rand(_SCATTERED, 3, generator=torch.Generator().manual_seed(0))
        scattered = (in_range(cube, cube.apply(colours)) - in_range(effective, effective.apply(colours))).abs()
        return CubeError(size, float(scattered.mean()), max(float(centres.max()), float(scattered.max())))

    def save(self, path: str | Path, *, cube_size: int = 33, description: str = "ReSWD Studio match") -> Path:
        """Save at this grade's strength, with its trims: the suffix chooses the format, such as .cube, .cc or .clf.

        Raises:
            InputError: unknown suffix or size, a lattice saved as CDL, or a place that cannot be written.
        """
        path = Path(path)
        chosen = check_grade_path(path, is_cdl=self.is_cdl, cube_size=cube_size, lut_makers=self.lut_makers)
        chosen.write(path, self.effective, description=description, encoding=self.encoding, cube_size=cube_size)
        return path

    def to_record(self) -> dict[str, Any]:
        """Plain data for JSON; :func:`grade_from_record` reads it back exactly."""
        record = {"strength": self.strength, "encoding": self.encoding, **transform_to_record(self.transform)}
        if self.trims.is_neutral:  # as older versions have it
            return record
        return record | {"trims": self.trims.to_record(), "gains": self.gains}


def check_grade_path(path: Path, *, is_cdl: bool, cube_size: int = 33, lut_makers: tuple[str, ...] = ()) -> GradeFormat:
    """Refuse, before any work, a grade file that could not be written.

    Args:
        path: of the file; its suffix chooses the format.
        is_cdl: whether the grade is ten CDL numbers; else it is a lattice.
        cube_size: lattice points along one axis, where the format holds a lattice.
        lut_makers: the trims that made a lattice of ten numbers.

    Returns:
        The format.

    Raises:
        InputError: unknown suffix, unknown lattice size, or a CDL file for a grade that is a lattice.
    """
    chosen = format_for(path)
    if chosen is None:
        raise InputError(
            f"{path}: a grade is saved as {', '.join(grade_suffixes())}, not as {path.suffix or 'no suffix'!r}"
        )
    check_cube_size(cube_size)
    if not chosen.holds(is_cdl=is_cdl) and lut_makers:
        because = f"trimmed in {in_words(lut_makers, 'and')} this grade is a LUT"
        raise InputError(f"{path}: {because}, which ten CDL numbers cannot hold", MatchRemedy.TRIM_LESS)
    if not chosen.holds(is_cdl=is_cdl):
        raise InputError(f"{path}: this grade is a LUT and ten CDL numbers cannot hold it", MatchRemedy.FIT_CDL)
    return chosen


def grade_from_record(record: dict[str, Any]) -> Grade:
    """The inverse of :meth:`Grade.to_record`.

    Raises:
        InputError: the record is not one that this version writes.
    """
    try:
        transform = transform_from_record(record)
        gains = record.get("gains")
        return Grade(
            transform,
            strength=number_in(record["strength"]),
            encoding=str(record["encoding"]),
            trims=trims_from_record(record["trims"]) if "trims" in record else NEUTRAL,
            gains=None if gains is None else triple_in(gains),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"the grade in the settings is damaged ({error!r}); save the settings again") from error


def load_grade(path: str | Path) -> Grade:
    """Load a grade from a file of any registered format, such as .cube, .cc or .clf.

    Raises:
        InputError: missing or unreadable file, or of another kind.
    """
    if not isinstance(path, str | PathLike):
        raise InputError(f"{path!r:.100} is no path: give the name of a grade file")
    transform, notes = read_grade_file(Path(path))
    return Grade(transform, encoding="as the file's maker meant it", notes=notes)
