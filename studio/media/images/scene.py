"""What the numbers of EXR, DPX, float TIFF and camera raw mean: the one place where the encoding of such a file is decided.

Scene-linear light is given as an ICC profile with a straight curve, and goes the way of every linear profile from there on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from reswd_torch.errors import InputError
from reswd_torch.profiles import is_usable
from reswd_torch.profiles.curves import SRGB_CURVE, ParametricCurve
from reswd_torch.profiles.icc import D65, SRGB_PRIMARIES, Chromaticity, write_profile
from studio.media.images.exr_header import Part

_ACES_WHITE = (0.32168, 0.33767)
_Space = tuple[str, tuple[Chromaticity, Chromaticity, Chromaticity], Chromaticity]
_REC709: _Space = ("Rec.709", SRGB_PRIMARIES, D65)
_REC2020: _Space = ("Rec.2020", ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046)), D65)  # ITU-R BT.2020
_AP0: _Space = ("ACES AP0", ((0.7347, 0.2653), (0.0, 1.0), (0.0001, -0.077)), _ACES_WHITE)  # SMPTE ST 2065-1
_SPACES: tuple[_Space, ...] = (
    _REC709,
    _AP0,
    ("ACES AP1", ((0.713, 0.293), (0.165, 0.83), (0.128, 0.044)), _ACES_WHITE),  # S-2014-004, ACEScg
    _REC2020,
    ("P3-D65", ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), D65),  # SMPTE EG 432-1
    ("Adobe RGB", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), D65),  # Adobe RGB (1998)
)
ACES_CHROMATICITIES = tuple(number for pair in (*_AP0[1], _AP0[2]) for number in pair)
"""x and y of the primaries of ACES AP0 and of its white, as an EXR has them."""
_IDS = ("rec709", "ap0", "ap1", "rec2020", "p3d65", "adobergb")
"""What the Color Interop Forum's identifiers call them, in the same order: ``lin_rec709_scene`` is the first in linear light."""
_LINEAR_IDS = {f"lin_{name}_scene": space for name, space in zip(_IDS, _SPACES, strict=True)}
_SRGB_IDS = ("srgb_rec709_scene", "srgb_rec709_display")
_SILENT_IDS = ("unknown", "")
_NEAR = 0.0015
"""What chromaticities may differ by and be the same: they are written with three to five places."""
_STRAIGHT = ParametricCurve(1.0)


@dataclass(frozen=True)
class Encoding:
    """What the colours of a file are encoded in.

    Attributes:
        icc: its profile; None for sRGB, and for what is matched as it is.
        notes: what was assumed.
    """

    icc: bytes | None
    notes: tuple[str, ...] = ()


def encoding_of_exr(part: Part) -> Encoding:
    """What a part of an EXR is encoded in.

    The ``colorInteropID`` (ASWF Color Interop Forum, *Color Space Encodings for Texture Assets and CG Rendering*) decides, then
    ``acesImageContainerFlag`` (SMPTE ST 2065-4: AP0), then ``chromaticities`` (OpenEXR, *Standard Attributes*). Without them it
    is scene-linear light with the primaries of Rec.709, as OpenEXR says.

    Raises:
        InputError: it is in an encoding that this program does not know; the message does not name the file.
    """
    named = (part.text("colorInteropID") or "").strip().lower()
    if named in _LINEAR_IDS:
        return _linear(_LINEAR_IDS[named])
    if named in _SRGB_IDS:
        return Encoding(None)
    if named not in _SILENT_IDS:
        raise InputError(
            f"colorInteropID {named!r:.60} is not known here: convert it to scene-linear light ({', '.join(_LINEAR_IDS)}) first"
        )
    if part.number("acesImageContainerFlag"):
        return _linear(_AP0)
    numbers = part.floats("chromaticities", "chromaticities")
    if numbers is None:
        return _linear(_REC709, "scene-linear light with the primaries of Rec.709 (assumed: the file names none)")
    return _linear(_space_of(numbers))


def encoding_of_floats() -> Encoding:
    """What a TIFF of floats is encoded in that holds no profile."""
    return _linear(_REC709, "floats without a colour profile taken as scene-linear light with the primaries of Rec.709")


@lru_cache(maxsize=1)
def developed_profile() -> bytes:
    """The profile of developed camera raw: the primaries of Rec.2020 with the curve of sRGB.

    Rec.2020 holds nearly all colours of real surfaces and none that do not exist, so that a grade of its channels stays a grade
    of colours; many codes of ProPhoto are none. The curve makes of the codes what matches, saved grades and 8 bits
    are made for: a LUT's points and 256 levels would leave linear light few shadows. Of 16 bits it costs nothing: a step of a
    sensor of 14 bits is more than one code even at white, where the curve is flattest.
    """
    name, primaries, white = _REC2020
    return write_profile(f"{name} with sRGB's curve", primaries, white, SRGB_CURVE)


_TRANSFERS = {
    1: "printing density, which is log",
    2: "linear",
    3: "logarithmic",
    5: "SMPTE 274M",
    6: "ITU-R BT.709",
    7: "ITU-R BT.601 (625 lines)",
    8: "ITU-R BT.601 (525 lines)",
    9: "NTSC composite video",
    10: "PAL composite video",
}
"""SMPTE ST 268-1 (DPX), table of transfer characteristics."""
_LINEAR_TRANSFER, _LOGS = 2, (1, 3)


def encoding_of_dpx(transfer: int) -> Encoding:
    """What a DPX is encoded in, by the transfer characteristic of its element (0..255, field 21.6 of SMPTE ST 268-1)."""
    if transfer == _LINEAR_TRANSFER:
        return _linear(_REC709, "linear light with the primaries of Rec.709 (assumed: a DPX names none)")
    said = _TRANSFERS.get(transfer)
    if said is None:
        return Encoding(None, ("the DPX does not say its transfer: its codes were matched as they are, as sRGB's",))
    if transfer in _LOGS:
        return Encoding(None, (f"its transfer is {said}: its codes were matched as they are, as if they were sRGB's",))
    return Encoding(None, (f"its transfer is {said}: its codes were taken as sRGB's",))


def _space_of(numbers: tuple[float, ...]) -> _Space:
    """The space of eight chromaticities, by its name where it has one. Raises InputError where they can be none."""
    if len(numbers) != 8:
        raise InputError("its chromaticities are damaged: write the file again")
    rounded = [round(number, 5) for number in numbers]
    pairs = [(rounded[at], rounded[at + 1]) for at in range(0, 8, 2)]
    for space in _SPACES:
        known = [*space[1], space[2]]
        if all(
            abs(a - b) <= _NEAR
            for one, other in zip(pairs, known, strict=True)
            for a, b in zip(one, other, strict=True)
        ):
            return space
    return "primaries of the file", (pairs[0], pairs[1], pairs[2]), pairs[3]


def _linear(space: _Space, *notes: str) -> Encoding:
    return Encoding(linear_profile(*space), notes)


@lru_cache(maxsize=8)
def linear_profile(name: str, primaries: tuple[Chromaticity, Chromaticity, Chromaticity], white: Chromaticity) -> bytes:
    """The profile of linear light with some primaries.

    Args:
        name: what they are called.
        primaries: x and y of red, green and blue.
        white: x and y of white.

    Raises:
        InputError: they are no triangle around white.
    """
    try:
        icc = write_profile(f"Linear, {name}", primaries, white, _STRAIGHT)
    except ValueError as error:
        raise InputError(f"its chromaticities are no colours of a picture ({error}): correct or remove them") from error
    if not is_usable(icc):
        raise InputError("its chromaticities are no colours of a picture: correct or remove them")
    return icc
