"""Colour matching as a :class:`torch.nn.Module`, for pipelines of tensors, (B, 3, H, W), like those of kornia and torchvision."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from reswd_torch.errors import InputError
from reswd_torch.grade.differentiable import at_strength_of
from reswd_torch.grade.grade import Grade, grade_from_record
from reswd_torch.grade.kinds import Transform
from reswd_torch.matching.match import fit_taken, settings_with
from reswd_torch.matching.taken import Taken, take
from reswd_torch.palette import Palette, parse_palette
from reswd_torch.precision import check_float
from reswd_torch.settings import MatchSettings, check_strength

if TYPE_CHECKING:
    from PIL import Image


class ColorMatch(nn.Module):
    """Give batches of pictures the colours of a reference.

    The grade is fitted without a gradient, to what the batch holds; it is applied with one: gradients reach the pictures, and the
    strength where that is a tensor. After :meth:`fit` one grade is kept, and every batch gets it.

    Args:
        reference: whose colours are wanted, where ``forward`` is given none: (B, 3, H, W) or (3, H, W) tensors, or anything else
            that :func:`reswd_torch.match` takes. A batch counts as one distribution.
        palette: hex colours with weights such as ``"#aabbcc:2,#112233"``, in place of ``reference``.
        strength: 0 leaves pictures as they are, 1 is the fit, up to 4 extrapolates. A tensor of one number may require a
            gradient; a ``Parameter`` becomes the module's own. Tensors are held to 0..4. Left out, that of the settings.
        per_sample: fit a grade to each picture of a batch; else the batch counts as one distribution and has one grade.
        layout: of a reference that is an array or a tensor; of tensors ``"BCHW"`` or ``"CHW"`` where it is left out.
        settings: all settings of the fit in one record.
        **options: settings by name, such as ``method``, as for :func:`reswd_torch.match`.

    Raises:
        InputError: a setting, reference or palette that cannot be used, or both of the two.

    Example:
        >>> images, reference = torch.rand(4, 3, 32, 32) * 0.5, torch.rand(1, 3, 32, 32)
        >>> ColorMatch(reference, method="mkl")(images).shape
        torch.Size([4, 3, 32, 32])
    """

    strength: float | Tensor
    grade: Grade | None
    """What :meth:`fit` found, at full strength; None before."""

    def __init__(
        self,
        reference: Tensor | np.ndarray | Image.Image | str | PathLike[str] | None = None,
        *,
        palette: str | None = None,
        strength: float | Tensor | None = None,
        per_sample: bool = False,
        layout: str | None = None,
        settings: MatchSettings | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        if reference is not None and palette is not None:
            raise InputError("give either a reference or a palette, not both")
        chosen = settings_with(settings, options)
        strength = chosen.strength if strength is None else strength
        self.settings = replace(chosen, strength=1.0)
        if isinstance(strength, Tensor):
            if strength.numel() != 1 or not strength.is_floating_point():
                raise InputError(f"strength is a tensor of shape {tuple(strength.shape)}: give one number")
            if not self.settings.trims.is_neutral:
                raise InputError("strength as a tensor does not go with trims: give a number")
        else:
            check_strength(strength)
        self.strength = strength
        self.per_sample = per_sample
        self.grade = None
        self._ready: tuple[Grade, float, Transform | None] | None = None
        self._target: Taken | Palette | None = None if palette is None else parse_palette(palette)
        if reference is not None:
            if isinstance(reference, Tensor) and layout is None:
                layout = "BCHW" if reference.ndim == 4 else "CHW"
            self._target = take(_clamped(reference), None, "reference", self.settings, layout)

    def forward(self, images: Tensor, reference: Tensor | None = None) -> Tensor:
        """Match a batch.

        Args:
            images: (B, 3, H, W) or (3, H, W), float16, bfloat16, float32 or float64, sRGB-encoded, 0..1. Values a little outside
                are clamped, as a resize makes them.
            reference: (B, 3, H, W) or (3, H, W) of any size, in place of the module's own, and of a grade that was fitted. With
                ``per_sample`` one for all or one for each picture.

        Returns:
            Same shape, dtype and device, 0..1. NaN stays where ``grade.apply`` would refuse it, if nothing has to be fitted.

        Raises:
            InputError: a wrong shape or dtype, or neither a reference nor a fitted grade.
        """
        _check(images, "images")
        batch = images if images.ndim == 4 else images[None]
        if reference is None and self.grade is not None:
            out = self._applied(self.grade, batch)
        elif self.per_sample:
            out = torch.cat([self._applied(each, one) for each, one in self._one_by_one(batch, reference)])
        else:
            out = self._applied(self._fitted(batch, reference), batch)
        return out.reshape(images.shape)

    def fit(self, images: Tensor, reference: Tensor | None = None) -> ColorMatch:
        """Fit one grade to a batch and keep it: ``state_dict`` has it, and ``forward`` without a reference applies it.

        Args:
            images: as for :meth:`forward`; they count as one distribution.
            reference: likewise; None for the module's own.

        Returns:
            The module itself.
        """
        _check(images, "images")
        self._keep(self._fitted(images if images.ndim == 4 else images[None], reference))
        return self

    def _one_by_one(self, batch: Tensor, reference: Tensor | None) -> list[tuple[Grade, Tensor]]:
        """Every picture, (1, 3, H, W), with a grade of its own."""
        references: list[Tensor | None] = [None] * len(batch)
        if reference is not None:
            _check(reference, "reference")
            several = reference if reference.ndim == 4 else reference[None]
            if len(several) not in (1, len(batch)):
                raise InputError(f"{len(several)} references do not fit {len(batch)} images: give one, or one for each")
            references = [several[min(place, len(several) - 1)][None] for place in range(len(batch))]
        pairs = zip(batch.split(1), references, strict=True)
        return [(self._fitted(image, wanted), image) for image, wanted in pairs]

    @torch.compiler.disable
    @torch.no_grad()
    def _fitted(self, batch: Tensor, reference: Tensor | None) -> Grade:
        target = self._target
        if reference is not None:
            _check(reference, "reference")
            target = self._taken(reference, "reference")
        if target is None:
            raise InputError(
                "there is no reference: give one to the module or with the images, or a palette, or call fit"
            )
        return fit_taken(self._taken(batch, "images"), target, self.settings)

    def _taken(self, batch: Tensor, name: str) -> Taken:
        layout = "BCHW" if batch.ndim == 4 else "CHW"
        return take(_clamped(batch), None, name, self.settings, layout)

    def _applied(self, grade: Grade, batch: Tensor) -> Tensor:
        rgb = batch.movedim(1, -1)
        if isinstance(self.strength, Tensor):
            return at_strength_of(grade.transform, rgb, self.strength).movedim(-1, 1).contiguous()
        if (effective := self._effective(grade)) is None:
            return batch.clone()
        return effective.apply(rgb).clamp(0.0, 1.0).movedim(-1, 1).contiguous()

    def _effective(self, grade: Grade) -> Transform | None:
        """What is applied at the module's strength; None for nothing. That of the kept grade is made once."""
        assert not isinstance(self.strength, Tensor)
        if self._ready is not None and self._ready[0] is grade and self._ready[1] == self.strength:
            return self._ready[2]
        chosen = grade.at_strength(self.strength)
        effective = None if chosen.leaves_alone else chosen.effective
        if grade is self.grade:
            self._ready = grade, self.strength, effective
        return effective

    def _keep(self, grade: Grade | None) -> None:
        """Keep a grade, ready to be applied: a compiler that traces ``forward`` finds it made."""
        self.grade = grade
        if grade is not None and not isinstance(self.strength, Tensor):
            self._effective(grade)

    def get_extra_state(self) -> dict[str, Any]:
        """The fitted grade as plain data; an empty record before :meth:`fit`. Settings and reference are the constructor's."""
        return {} if self.grade is None else self.grade.to_record()

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take a fitted grade out of a state.

        Raises:
            InputError: a record that this version does not write.
        """
        self._keep(grade_from_record(state) if state else None)

    def extra_repr(self) -> str:
        """Strength, and what it is fitted to."""
        fitted = "not fitted" if self.grade is None else f"fitted, {self.grade.kind}"
        strength = float(self.strength)
        return f"strength={strength:g}, method={self.settings.method!r}, per_sample={self.per_sample}, {fitted}"


def _clamped(reference: Any) -> Any:
    """A reference; a tensor of floats, which a resize may have moved out of 0..1, clamped."""
    if isinstance(reference, Tensor) and reference.is_floating_point():
        return reference.detach().clamp(0.0, 1.0)
    return reference


def _check(images: object, name: str) -> None:
    """Refuse what is no batch of pictures. Values are not looked at, for which a device would have to be waited for."""
    if not isinstance(images, Tensor):
        raise InputError(f"{name} is a {type(images).__name__}: give a tensor of shape (B, 3, H, W)")
    check_float(name, images)
    shape = tuple(images.shape)
    if len(shape) not in (3, 4) or shape[-3] != 3 or 0 in shape:
        raise InputError(f"{name} has shape {shape}: give (B, 3, H, W), or (3, H, W), with at least one pixel")
