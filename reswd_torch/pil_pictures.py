"""Pillow's pictures of any mode as R'G'B' and alpha: one reading for files and for pictures that callers of the library hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeGuard

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.profiles import grey_to_srgb, image_to_srgb, profile_name, profile_space
from reswd_torch.profiles.coded import adobe_rgb, gamma_curve, measured_profile
from reswd_torch.profiles.icc import hdr_kind

if TYPE_CHECKING:
    from PIL import Image

_BAND_ROWS = 256  # rows that are copied at a time
_ORIENTATION = 0x0112  # of EXIF and TIFF
_EXIF_IFD, _COLOR_SPACE, _INTEROPERABILITY, _UNCALIBRATED = 0x8769, 0xA001, 0xA005, 0xFFFF  # of EXIF


@dataclass(frozen=True, eq=False)
class RgbPicture:
    """A picture as R'G'B'.

    Attributes:
        pixels: (H, W, 3) uint8 or uint16 over their whole range, in the encoding of ``icc``, C-contiguous.
        alpha: (H, W) of the same dtype, straight; None for an opaque picture.
        icc: the embedded profile; None if there is none, or the pixels were converted to sRGB.
        notes: what was assumed, one short phrase each.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None
    icc: bytes | None
    notes: tuple[str, ...] = ()


def is_pil_picture(value: object) -> TypeGuard[Image.Image]:
    """Whether a value is one of Pillow's pictures; Pillow is not loaded for it."""
    return hasattr(value, "convert") and hasattr(value, "getbands") and hasattr(value, "info")


def rgb_of(image: Image.Image, *, grey_as_is: bool = False) -> RgbPicture:
    """Convert one of Pillow's pictures of any mode to RGB.

    Args:
        image: the picture; its ``info`` may hold a profile and a transparent colour.
        grey_as_is: leave grey values as they are even where a grey profile is embedded: masks are numbers, not colours.

    Returns:
        Pixels as stored, not turned upright, with notes on what was assumed.

    Raises:
        InputError: the mode is not read.
    """
    icc, notes = image.info.get("icc_profile") or None, []
    mode = image.mode
    if mode in ("P", "PA"):
        notes.append("palette read as RGB")
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif mode == "1":
        notes.append("black and white picture read as RGB")
        image = image.convert("LA" if "transparency" in image.info else "L")
    elif "transparency" in image.info and mode in ("L", "RGB"):
        notes.append("transparent colour read as alpha")
        image = image.convert("LA" if mode == "L" else "RGBA")
    elif mode in ("CMYK", "LAB", "YCbCr", "HSV"):
        image, icc, note = _other_to_rgb(image, icc)
        notes.append(note)
    elif mode in ("RGBa", "La"):
        notes.append("premultiplied alpha read as straight")
        image = image.convert(mode[:-1] + "A")
    elif mode not in ("L", "LA", "RGB", "RGBA", "RGBX") and not mode.startswith("I"):
        raise InputError(f"pictures of mode {mode} are not read: save it as 16-bit RGB")
    if image.mode in ("L", "LA") or image.mode.startswith("I"):
        rgb = grey_as_rgb(*_grey_and_alpha(image), icc, as_is=grey_as_is)
        return replace(rgb, notes=(*notes, *rgb.notes))
    values = to_array(image.convert("RGB") if image.mode == "RGBX" else image)
    pixels, alpha = _split_alpha(values) if values.shape[2] == 4 else (values, None)
    return RgbPicture(pixels, alpha, icc, tuple(notes))


def grey_as_rgb(values: np.ndarray, alpha: np.ndarray | None, icc: bytes | None, *, as_is: bool = False) -> RgbPicture:
    """Grey values as RGB. A grey profile cannot tag RGB pixels, so values that have one are converted to sRGB's encoding.

    Args:
        values: (H, W) uint8 or uint16.
        alpha: (H, W) of the same dtype, or None.
        icc: the embedded profile, or None.
        as_is: leave the values as they are.
    """
    notes = ["grey picture read as RGB"]
    if icc is not None and profile_space(icc) == "GRAY":
        if not as_is:
            try:
                values = grey_to_srgb(values, icc)
                notes.append(f"grey profile {profile_name(icc)!r} converted to sRGB")
            except InputError:
                notes.append("grey profile is not readable: taken as sRGB")
        icc = None
    return RgbPicture(_grey_planes(values), alpha, icc, tuple(notes))


def _grey_and_alpha(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    """A picture of mode L, LA, I or I;16 (in any order of bytes) as (H, W) uint8 or uint16, and its alpha.

    Raises:
        InputError: a picture of mode I has values outside 16 bits.
    """
    if image.mode == "LA":
        values = to_array(image)
        return np.ascontiguousarray(values[..., 0]), np.ascontiguousarray(values[..., 1])
    values = to_array(image)
    # Mode I has 32 bits, but its values mostly fit into 16 (PNM, JPEG 2000).
    if values.dtype.kind == "i" and (values.min() < 0 or values.max() > 65535):
        raise InputError("32-bit integer pictures are not read: save it with 16 bits")
    values = values.astype(np.uint8 if image.mode == "L" else np.uint16, copy=False)
    level = image.info.get("transparency")
    return values, np.where(values == level, 0, 65535).astype(np.uint16) if isinstance(level, int) else None


def _other_to_rgb(image: Image.Image, icc: bytes | None) -> tuple[Image.Image, bytes | None, str]:
    """CMYK, Lab, YCbCr or HSV as RGB, the profile that then holds for the pixels (None for sRGB), and a note."""
    if image.mode == "CMYK" and icc is not None and profile_space(icc) == "CMYK":
        try:
            return image_to_srgb(image, icc), None, f"CMYK ({profile_name(icc)}) converted to sRGB"
        except InputError:
            pass
    if image.mode == "CMYK":
        return image.convert("RGB"), None, "CMYK without a usable profile converted to sRGB by the plain formula"
    if image.mode == "LAB":
        from PIL import ImageCms

        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
        return image_to_srgb(image, lab), None, "Lab converted to sRGB"
    return image.convert("RGB"), icc, f"{image.mode} read as RGB"


def to_array(image: Image.Image) -> np.ndarray:
    """A Pillow picture as a contiguous array, (H, W) or (H, W, C), in Pillow's depth.

    It is copied band by band, since NumPy's conversion of a whole picture needs its memory twice.
    """
    first = np.asarray(image.crop((0, 0, image.width, min(_BAND_ROWS, image.height))))
    if image.height <= _BAND_ROWS:
        return np.ascontiguousarray(first)
    out = np.empty((image.height, *first.shape[1:]), first.dtype.newbyteorder("="))
    out[:_BAND_ROWS] = first
    for y in range(_BAND_ROWS, image.height, _BAND_ROWS):
        bottom = min(y + _BAND_ROWS, image.height)
        out[y:bottom] = np.asarray(image.crop((0, y, image.width, bottom)))
    return out


def _split_alpha(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split RGBA, (H, W, 4), into contiguous RGB, (H, W, 3), and alpha, (H, W)."""
    import cv2

    return cv2.cvtColor(values, cv2.COLOR_RGBA2RGB), cv2.extractChannel(values, 3)


def _grey_planes(grey: np.ndarray) -> np.ndarray:
    """Grey, (H, W), as RGB, (H, W, 3), with three equal channels."""
    import cv2

    return cv2.merge((grey, grey, grey))


def read_pil(image: Image.Image, name: str, what: str = "a PIL picture") -> RgbPicture:
    """One of Pillow's pictures that a caller of the library holds, as a file with it would be read.

    Args:
        image: a picture of any mode but F. It may not be decoded yet; its ``info`` may hold tags of colour, which count.
        name: what error messages call it.
        what: what they say that it is.

    Returns:
        Pixels as stored, not turned upright, and the profile that their tags come to.

    Raises:
        InputError: the picture cannot be loaded, is too large for Pillow, of a mode that is not read, or HDR.
    """
    from PIL import Image

    if 0 in image.size:
        raise InputError(f"{name} is {what} of {image.width} x {image.height} pixels: it holds no colours")
    if image.mode == "F":
        raise InputError(f"{name} is {what} of mode F, which has no range: give an array of floats in 0..1")
    try:
        image.load()
        tagged = image.copy()
        tagged.info["icc_profile"] = profile_of(image)
        rgb = rgb_of(tagged)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{name} is far larger than Pillow's limit of pixels: scale it down first") from error
    except Exception as error:  # of many types, by format and damage
        raise InputError(f"{name} is {what} that cannot be read: copy or export its file again") from error
    if rgb.icc is not None and (kind := hdr_kind(rgb.icc, profile_name(rgb.icc))):
        raise InputError(f"{name} is HDR ({kind}): convert it to SDR (sRGB) first, in a picture editor")
    return rgb


def opacity_of(rgb: RgbPicture, name: str) -> np.ndarray | None:
    """What pixels weigh for their transparency: (H, W) float32, 0..1; None for a picture that is opaque everywhere.

    Raises:
        InputError: no pixel is visible.
    """
    if rgb.alpha is None or (rgb.alpha == np.iinfo(rgb.alpha.dtype).max).all():
        return None
    if not rgb.alpha.any():
        raise InputError(f"{name} is fully transparent: there are no colours to take")
    return rgb.alpha.astype(np.float32) / np.float32(np.iinfo(rgb.alpha.dtype).max)


def upright_by(image: Image.Image) -> int:
    """The EXIF orientation of a picture, 1 to 8; 1 for none that says anything."""
    try:
        way = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # Pillow raises errors of many types for a broken block, which says nothing
        return 1
    return way if isinstance(way, int) and 1 <= way <= 8 else 1


def turned(values: np.ndarray, way: int) -> np.ndarray:
    """Turn a stored picture, (H, W) or (H, W, C), upright.

    Args:
        values: as stored.
        way: its EXIF orientation, 1 to 8.

    Returns:
        An array without gaps, H and W exchanged for 5 to 8.
    """
    if way in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if way in (3, 4, 7, 8):
        values = values[::-1]
    if way in (2, 3, 6, 7):
        values = values[:, ::-1]
    return np.ascontiguousarray(values)


def is_adobe_rgb(exif: bytes) -> bool:
    """Whether an EXIF block says Adobe RGB: by the index "R03" of an uncalibrated picture (DCF 2.0, 3.2.4), or by number 2."""
    from PIL import Image

    record = Image.Exif()
    try:
        record.load(exif)
        space = record.get_ifd(_EXIF_IFD).get(_COLOR_SPACE)
        index = record.get_ifd(_INTEROPERABILITY).get(1) if space == _UNCALIBRATED else None
    except Exception:  # Pillow raises errors of many types for a broken block, which says nothing
        return False
    text = index.decode("ascii", "replace") if isinstance(index, bytes) else str(index)
    return space == 2 or text.startswith("R03")


def profile_of(image: Image.Image) -> bytes | None:
    """The profile that a picture's ``info`` holds, or what Pillow hands on of a file's other tags comes to; None for sRGB.

    Pillow hands on gamma and chromaticities of a PNG and EXIF, but neither cICP nor the numbers of AVIF and HEIC.
    """
    info = image.info
    if icc := info.get("icc_profile"):
        return bytes(icc)
    if "srgb" in info:
        return None
    try:
        if "gamma" in info or "chromaticity" in info:
            curve, name = gamma_curve(float(info["gamma"])) if "gamma" in info else (None, "")
            numbers = [float(each) for each in info.get("chromaticity", ())]
            white, *primaries = zip(numbers[::2], numbers[1::2], strict=True) if numbers else (None,)
            red, green, blue = primaries or (None, None, None)
            return measured_profile((red, green, blue) if red and green and blue else None, white, curve, name)
    except (TypeError, ValueError):
        return None
    exif = info.get("exif")
    return adobe_rgb() if isinstance(exif, bytes) and image.format != "PNG" and is_adobe_rgb(exif) else None
