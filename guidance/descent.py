"""Gradient steps through the decoder: the scheme of the papers (arXiv 2503.19034, alg. 1; 2510.01061, section on guidance).

At each denoising step a shift u of the sample x starts at zero. A few Adam steps then lower the sliced Wasserstein distance,
in CIE Lab, between the colours of the decoded prediction x0(x + u) and those of the reference. The papers call the denoiser
again for each of these steps. By default this project keeps the output that the sampler has anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from einops import rearrange
from jaxtyping import Int
from torch import Tensor

from guidance.protocols import Latents, Pixels
from guidance.reference import Reference
from reswd_torch.color import srgb_to_lab
from reswd_torch.reswd import ReservoirSlicedWasserstein

PIXELS = 1024
"""Number of pixels of each image that the distance looks at. They are drawn anew at each denoising step."""

LINES = 24
"""Number of fresh directions at each inner step, and number of directions kept from the step before with their plans. Beside
the decoder they cost nothing."""


class Descent:
    """Gradient descent on the distance between the colours of a batch of images and their references.

    Args:
        references: one reference for each image.
        seed: seed of the directions and of the pixels that are drawn.
        device: the device of the latents.
    """

    def __init__(self, references: Sequence[Reference], seed: int, device: torch.device | str = "cpu") -> None:
        self.generator = torch.Generator().manual_seed(seed)
        # The same number of colours for each reference, so that all fit into one tensor.
        colors = [each.colors[torch.arange(PIXELS) * len(each.colors) // PIXELS] for each in references]
        self.targets = srgb_to_lab(torch.stack(colors).to(device))
        self.loss = ReservoirSlicedWasserstein(kept=LINES, fresh=LINES, p=1, seed=seed)

    def __call__(
        self,
        pixels_at: Callable[[Latents], Pixels],
        like: Latents,
        steps: int,
        learning_rate: float,
    ) -> Latents:
        """Find a shift of the sample by some steps of Adam.

        Args:
            pixels_at: a differentiable function that returns the decoded prediction for a shift.
            like: latents of the shape and device that the shift gets.
            steps: number of Adam steps, at least 1.
            learning_rate: learning rate of Adam.

        Returns:
            The shift, float32 and detached. Nothing else has got a gradient.
        """
        shift = torch.zeros_like(like, dtype=torch.float32, requires_grad=True)
        adam = torch.optim.Adam([shift], lr=learning_rate)
        self.loss.reset()  # the plans it keeps belong to the pixels of the denoising step before
        chosen = None
        for _ in range(steps):
            pixels = pixels_at(shift)
            if chosen is None:
                count = pixels.shape[-2:].numel()
                chosen = torch.randint(count, (min(PIXELS, count),), generator=self.generator).to(pixels.device)
            distance = self._distance(pixels, chosen)
            (shift.grad,) = torch.autograd.grad(distance, shift)
            adam.step()
        return shift.detach()

    def _distance(self, pixels: Pixels, chosen: Int[Tensor, " n"]) -> Tensor:
        """The sum of the images' distances. Pixels are not clamped to 0..1, so that one beyond it finds its way back."""
        lab = srgb_to_lab(rearrange(pixels, "b c y x -> b (y x) c")[:, chosen])
        return self.loss(lab, self.targets).sum()
