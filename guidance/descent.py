"""Gradient steps through the decoder: the scheme of the papers (arXiv 2503.19034, alg. 1; 2510.01061, section on guidance).

At a denoising step a shift u of the sample starts at zero and takes a few Adam steps down the sliced Wasserstein distance in
Lab between the decoded prediction x0(x + u) and the reference. The papers call the denoiser again for each of them; the
plain path keeps the output that the sampler has anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor

from guidance.reference import Reference
from reswd_torch.color import srgb_to_lab
from reswd_torch.reswd import ReservoirSlicedWasserstein

PIXELS = 1024
"""Pixels of each image that the distance looks at, drawn anew at each denoising step."""

LINES = 24
"""Directions sorted along at each inner step, and plans kept of the step before: beside the decoder they cost nothing."""

Latents = Float[Tensor, "b *layout"]


class Descent:
    """The distance and what it draws at random.

    Args:
        references: one for each image.
        seed: of directions and pixels.
        device: where the latents are.
    """

    def __init__(self, references: Sequence[Reference], seed: int, device: torch.device | str = "cpu") -> None:
        self.generator = torch.Generator().manual_seed(seed)
        colors = [self._chosen(reference.colors, len(reference.colors)) for reference in references]
        self.targets = srgb_to_lab(torch.stack(colors).to(device))
        self.loss = ReservoirSlicedWasserstein(kept=LINES, fresh=LINES, p=1, seed=seed)

    def __call__(
        self,
        pixels_at: Callable[[Latents], Float[Tensor, "b 3 y x"]],
        like: Latents,
        steps: int,
        learning_rate: float,
    ) -> Latents:
        """The shift after some steps of Adam.

        Args:
            pixels_at: the decoded prediction for a shift; differentiable.
            like: what shape the shift has.
            steps: how many, at least 1.
            learning_rate: of Adam.

        Returns:
            float32, detached; without gradients on anything else.
        """
        shift = torch.zeros_like(like, dtype=torch.float32, requires_grad=True)
        adam = torch.optim.Adam([shift], lr=learning_rate)
        self.loss.reset()  # its plans are of the pixels of one denoising step
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

    def _distance(self, pixels: Float[Tensor, "b 3 y x"], chosen: Int[Tensor, " n"]) -> Tensor:
        """Not cut to 0..1: a pixel beyond it has to find its way back."""
        lab = srgb_to_lab(rearrange(pixels, "b c y x -> b (y x) c")[:, chosen])
        return self.loss(lab, self.targets).sum()

    def _chosen(self, colors: Float[Tensor, "n 3"], count: int) -> Float[Tensor, "m 3"]:
        """As many colours for each reference, so that they fit one tensor."""
        return colors[torch.arange(PIXELS) * count // PIXELS]
