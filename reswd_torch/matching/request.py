"""What a matching method is given to fit. Plain Python: importing this module loads no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reswd_torch.progress import OnProgress

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from reswd_torch.appearance import Appearance
    from reswd_torch.matching.same_scene import SameScene
    from reswd_torch.matching.sampling import PixelSample


@dataclass(frozen=True, eq=False)
class FitRequest:
    """Everything that a method may look at when it fits a grade.

    Attributes:
        source: sampled colours of the picture to grade.
        target: sampled colours of the reference, in the source's encoding.
        transform: what the grade has to be made of, ``"cdl"`` or ``"lut"``; ``"auto"`` where the method decides.
        aim: what to take where the pictures show different things, ``"look"``, ``"mood"`` or ``"colours"``. Only a method that
            declares ``takes_aims`` is told anything else than ``"colours"``.
        transform_chosen: whether the caller asked for that transform; False where it is the method's default.
        seed: seeds every random number that the fit draws.
        device: where to compute, a PyTorch device such as ``"cpu"``.
        appearance: how colours of this encoding look.
        protect: what a mood may not spoil, of ``reswd_torch.settings.PROTECTIONS``.
        scene: what the two pictures have in common; None where nobody looked or nothing was found. Only a method that declares
            ``looks_for_scene`` is ever given one.
        trust: 0..1, how far the grade should follow ``scene``; the rest goes by the statistics of both pictures.
        progress: called before every round of the fit; may raise to stop it.
        stopped_by: the method adds the protections without which the grade would have gone further.
    """

    source: PixelSample
    target: PixelSample
    transform: str
    transform_chosen: bool
    seed: int
    device: str
    appearance: Appearance
    aim: str = "colours"
    protect: tuple[str, ...] = ()
    scene: SameScene | None = None
    trust: float = 0.0
    progress: OnProgress | None = None
    stopped_by: set[str] = field(default_factory=set)

    @property
    def source_colors(self) -> Float[Tensor, "n 3"]:
        """Source colours for the fit, 0..1, on the device of the fit."""
        return self.source.fit.to(self.device)

    @property
    def target_colors(self) -> Float[Tensor, "m 3"]:
        """Reference colours for the fit, 0..1, on the device of the fit."""
        return self.target.fit.to(self.device)
