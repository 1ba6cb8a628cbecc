"""What :func:`reswd_torch.match` takes for a picture, whatever holds it: its colours, sampled, and their encoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from reswd_torch.arrays import codes_in, colors_in, is_codes, weights_in
from reswd_torch.errors import InputError
from reswd_torch.layouts import channels_first, check_layout, colours_last
from reswd_torch.matching.sampling import PixelSample, pool_samples, sample_pixels
from reswd_torch.picture_files import is_path, open_file, read_file
from reswd_torch.pil_pictures import RgbPicture, is_pil_picture, opacity_of, read_pil, turned, upright_by
from reswd_torch.precision import in_full_precision
from reswd_torch.profiles import profile_space
from reswd_torch.settings import MatchSettings

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True, eq=False)
class Taken:
    """The colours of what a caller handed in.

    Attributes:
        sample: the colours, in their own encoding.
        icc: the profile of that; None for sRGB, and for arrays, whose encoding nobody said.
        tagged: whether it is a picture whose file or object says its encoding; else the colours of arrays are taken as they are.
    """

    sample: PixelSample
    icc: bytes | None = None
    tagged: bool = False


def take(
    value: object,
    weights: Any,
    name: str,
    settings: MatchSettings,
    layout: str | None = None,
    *,
    beside: object = None,
) -> Taken:
    """Sample what a caller handed in for a picture, or for several that count as one.

    Args:
        value: array, tensor, Pillow's picture or path.
        weights: (H, W), or (B, H, W) for a batch; None for everywhere alike. Of a path as the picture stands upright, of one of
            Pillow's pictures as it is held, which is how ``grade.apply`` gives them back.
        name: what error messages call it.
        settings: how many colours, the seed, and whether a common scene is looked for.
        layout: where the colours lie; None where the shape tells.
        beside: for a reference the source: a file of another size may be decoded smaller.

    Raises:
        InputError: it holds no colours that can be used.
    """
    if is_pil_picture(value):
        return _of_picture(read_pil(value, name), value, weights, name, settings)
    if is_path(value):
        whole_if = None if beside is None or weights is not None else _size_of(beside, layout)
        rgb, image = read_file(value, name, whole_if=whole_if)
        return _of_picture(rgb, image, weights, name, settings, called=str(value), is_turned=True)
    check_layout(layout)
    pictures = _pictures_in(value, name, layout)
    if weights is None:
        shares: Any = [None] * len(pictures)
    else:
        shape = (*pictures.shape[:-1],) if np.ndim(weights) != 2 else tuple(pictures.shape[1:3])
        checked = weights_in(weights, f"{name}_weights", shape)
        shares = checked if checked.ndim == 3 else [checked] * len(pictures)
    if len(pictures) == 1:
        return Taken(_sampled(pictures[0], shares[0], settings, with_thumbnail=settings.looks_for_scene))
    counted = [
        (each, share) for each, share in zip(pictures, shares, strict=True) if share is None or bool(share.any())
    ]
    parts = [_sampled(each, share, settings) for each, share in counted]
    return Taken(pool_samples(parts, settings.samples, settings.seed))


def _pictures_in(value: Any, name: str, layout: str | None) -> Any:
    """Colours as an array or a tensor, (B, H, W, 3): floats in 0..1, or codes."""
    if isinstance(value, np.ndarray | Tensor):
        value = colours_last(value, channels_first(value, name, layout))
    if is_codes(value):
        value = codes_in(value, name)
    else:
        tensor = colors_in(value, name)
        value = in_full_precision(tensor.detach()).resolve_neg()  # what NumPy, which thumbnails go through, can read
    if value.ndim not in (3, 4):
        raise InputError(f"{name} has shape {tuple(value.shape)}: give one picture, (H, W, 3), or a batch of them")
    return value[None] if value.ndim == 3 else value


def _sampled(
    picture: Any, weights: Tensor | None, settings: MatchSettings, *, with_thumbnail: bool = False
) -> PixelSample:
    return sample_pixels(picture, settings.samples, settings.seed, weights, with_thumbnail=with_thumbnail)


def _of_picture(
    rgb: RgbPicture,
    image: Image.Image,
    weights: object,
    name: str,
    settings: MatchSettings,
    *,
    called: str | None = None,
    is_turned: bool = False,
) -> Taken:
    """The colours of a picture as the command line takes them from its file: upright, and without what is transparent.

    ``is_turned`` says that the weights are those of the upright picture.
    """
    way = upright_by(image)
    opacity = opacity_of(rgb, called or name)
    pixels = turned(rgb.pixels, way)
    shares: Any = None if opacity is None else turned(opacity, way)
    if weights is not None:
        shape = (pixels if is_turned else rgb.pixels).shape[:2]
        checked = weights_in(weights, f"{name}_weights", shape).numpy()
        checked = checked if is_turned else turned(checked, way)
        shares = checked if shares is None else shares * checked
        if not shares.any():
            raise InputError(f"{called or name} has no visible pixel where its weights are above 0: mark one")
    icc = rgb.icc if rgb.icc is not None and profile_space(rgb.icc) == "RGB" else None
    return Taken(_sampled(pixels, shares, settings, with_thumbnail=settings.looks_for_scene), icc, tagged=True)


def _size_of(value: object, layout: str | None) -> tuple[int, int]:
    """(H, W) of a source, which is read elsewhere; of one that is none, a size that no picture has."""
    if is_pil_picture(value):
        return value.size[1], value.size[0]
    if is_path(value):
        with open_file(value, "source")[0] as image:
            return image.size[1], image.size[0]
    if isinstance(value, np.ndarray | Tensor) and value.ndim in (3, 4):
        height, width = colours_last(value, channels_first(value, "source", layout)).shape[-3:-1]
        return int(height), int(width)
    return 0, 0
