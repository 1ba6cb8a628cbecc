"""What the losses with a reservoir have in common: their sizes and options, checked, and a generator of their own."""

from __future__ import annotations

import math

from reswd_torch.directions import check_count, check_kind
from reswd_torch.errors import InputError
from reswd_torch.swd import Seeded
from reswd_torch.wasserstein import check_power


class ReservoirLoss(Seeded):
    """A loss that keeps something from step to step.

    Args:
        dims: dimensions of the points, at least 1.
        kept: slots of the reservoir, at least :attr:`least_kept`.
        fresh: new directions a step, at least 1.
        p: 1 or 2.
        directions: kind of the new directions, one that can serve ``dims`` dimensions.
        tau: decay time in steps, above 0; None: no decay.
        seed: seeds the module's own generator.

    Raises:
        InputError: naming what does not fit.
    """

    least_kept = 1
    """The smallest reservoir that the loss can work with."""

    def __init__(
        self, dims: int, *, kept: int, fresh: int, p: int, directions: str, tau: float | None, seed: int
    ) -> None:
        super().__init__(seed)
        check_power(p)
        check_kind(directions, dims)
        check_count("kept", kept, self.least_kept)
        check_count("fresh", fresh)
        if tau is not None and not (math.isfinite(tau) and tau > 0):
            raise InputError(f"tau = {tau!r} is out of range: give a number of steps above 0, or None for no decay")
        self.dims, self.kept, self.fresh, self.p = dims, kept, fresh, p
        self.kind, self.tau = directions, tau
