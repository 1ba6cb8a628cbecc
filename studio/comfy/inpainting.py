"""A generated part of a picture in the colours of what is around it."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

import reswd_torch
from reswd_torch.errors import InputError
from reswd_torch.inpainting.names import FEATHER
from studio.comfy.watching import watching
from studio.service.held.frames import frames_of, in_range, masks_of


def matched(
    image: Float[Tensor, "b h w c"],
    generated: Float[Tensor, "b h w c"],
    mask: Float[Tensor, "m h w"],
    *,
    feather: float = FEATHER,
    seed: int = 0,
) -> Float[Tensor, "b h w c"]:
    """Give generated pictures the colours of the picture that they are painted into, and put them in.

    Args:
        image: (B, H, W, 3 or 4), the picture as it was.
        generated: (B, H, W, 3 or 4), what was generated, of the same size; one for each picture, or several for one.
        mask: (1 or B, h, w), 1 where it was generated.
        feather: how far the edge is mixed, pixels.
        seed: of everything random.

    Returns:
        (B, H, W, 3 or 4) float32 on the device of the generated pictures, with the alpha of ``image`` where it has one; of two
        8-bit pictures an 8-bit one, as ``reswd inpaint`` writes it. Where one of several masks is 0 everywhere, the picture as it
        was. What lies outside 0..1 is cut.

    Raises:
        InputError: sizes or numbers that do not fit, or NaN.
    """
    before, after = frames_of(image, "image"), frames_of(generated, "generated")
    if before.size != after.size:
        (height, width), (other_height, other_width) = before.size, after.size
        raise InputError(
            f"generated is {other_width} x {other_height} and image {width} x {height}: scale one to the other's size"
        )
    if len(before) not in (1, len(after)):
        raise InputError(f"{len(before)} images for {len(after)} generated ones: give one for all, or one each")
    masks = masks_of(mask, after, "mask")
    if masks is None:
        raise InputError("mask: connect the mask of the part that was generated")
    out = torch.empty(*after.tensor.shape[:3], before.tensor.shape[3], dtype=torch.float32, device=after.tensor.device)
    watch = watching(len(after))
    for place in range(len(after)):
        watch(place / len(after), "matching")
        first, second = (
            in_range(each.tensor[at, ..., :3].detach().float(), f"{each.name}, frame {at}").to(out.device)
            for each, at in ((before, place if len(before) > 1 else 0), (after, place))
        )
        out[place, ..., 3:] = before.tensor[place if len(before) > 1 else 0, ..., 3:]
        where = torch.from_numpy(masks.at(place)).to(out.device)
        if not bool((where > 0).any()):
            out[place, ..., :3] = first
            continue
        joined = reswd_torch.match_inpainting(first, second, where, feather=feather, seed=seed)
        of_codes = all(bool((torch.round(each * 255) / 255 == each).all()) for each in (first, second))
        out[place, ..., :3] = torch.round(joined * 255) / 255 if of_codes else joined
    return out
