"""The paper's optimiser: Adam on the transform's parameters, under the sliced Wasserstein loss with a reservoir
(arXiv 2510.01061, section 4)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.appearance import SRGB, Appearance
from reswd_torch.matching.gauss_newton import Model
from reswd_torch.progress import OnProgress
from reswd_torch.reswd import ReservoirSlicedWasserstein

STEPS = 150
LEARNING_RATE = 0.03
SETTLED = 1e-3
"""Loss, in Lab units, below which the fit stops. What is left there is rounding, and Adam, which scales its steps, would walk
away along it."""


def descend(
    model: Model,
    target_lab: Float[Tensor, "m 3"],
    *,
    seed: int,
    appearance: Appearance = SRGB,
    start: Float[Tensor, " p"] | None = None,
    steps: int = STEPS,
    progress: OnProgress | None = None,
    span: tuple[float, float] = (0.0, 1.0),
) -> Float[Tensor, " p"]:
    """Fit a model by stochastic gradients.

    Args:
        model: the transform and the source samples.
        target_lab: (M, 3) how the target's colours look.
        seed: seeds the random directions of the loss.
        appearance: how graded colours look.
        start: parameters to start from; the identity if left out.
        steps: number of Adam steps; the learning rate falls along a cosine.
        progress: called before every step; may raise to stop.
        span: the share of the whole job that this fit covers (from, to), for ``progress``.

    Returns:
        The last parameters, float64.
    """
    loss = ReservoirSlicedWasserstein(3, p=1, seed=seed)
    parameters = (model.start() if start is None else start).clone().requires_grad_(True)
    optimiser = torch.optim.Adam([parameters], lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for index in range(steps):
        if progress is not None:
            progress(span[0] + (span[1] - span[0]) * index / steps, f"step {index + 1} of {steps}")
        with torch.no_grad():
            evaluation = model.evaluate(parameters)
            lab, d_lab = appearance.lab_with_jacobian(evaluation.rgb)
        # Autograd goes only as far as the Lab colours; from there on the model's own Jacobians are used.
        leaf = lab.requires_grad_(True)
        value = loss(leaf, target_lab)
        if float(value.detach()) < SETTLED:
            break
        (slope,) = torch.autograd.grad(value, leaf)
        with torch.no_grad():
            force = (d_lab.transpose(1, 2) @ slope.unsqueeze(2)).squeeze(2)
            parameters.grad = model.gradient(evaluation, force).cpu().double() + model.prior(parameters)[2]
            optimiser.step()
            schedule.step()
            parameters.copy_(model.project(parameters))
    return parameters.detach()
