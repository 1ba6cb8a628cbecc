"""The eight families of tasks."""

from __future__ import annotations

from benchmarks.estimators.picture_tasks import ColorFit, Guided, Texture
from benchmarks.estimators.tasks import FixedSets, Particles, Task, clusters, rings

_SCALED = (1.4, (0.5, -0.3, 0.8))
_PAIRS = (("forest-stream", "warm-room"), ("lagoon-jetty", "mountain-sunset"))
FAMILIES: dict[str, tuple[Task, ...]] = {
    "value": (
        FixedSets("unit shift, p = 1", 1.0, (1.0, 0.0, 0.0), 1, "value"),
        FixedSets("Y = aX + b in 3-D", *_SCALED, 2, "value"),
        FixedSets("Y = aX + b in 16-D", 1.4, (0.5, -0.3, 0.8, 0.1) * 4, 2, "value"),
    ),
    "gradient": (
        FixedSets("Y = aX + b in 3-D", *_SCALED, 2, "gradient"),
        FixedSets("Y = aX + b in 16-D", 1.4, (0.5, -0.3, 0.8, 0.1) * 4, 2, "gradient"),
    ),
    "particles in 2 and 3 dimensions": (
        Particles("two rings, 2-D", rings, steps=150),  # after more steps all estimators are equally good
        Particles("8 Gaussians, 3-D", clusters(8, 3)),
    ),
    "particles in 16 and 64": (
        Particles("10 Gaussians, 16-D", clusters(10, 16)),
        Particles("10 Gaussians that differ in 2 of 64 dims", clusters(10, 64, within=2)),
        Particles("10 Gaussians, 64-D", clusters(10, 64)),
    ),
    "CDL fit": tuple(
        ColorFit(f"{source} to {target}", source, target, "cdl")
        for source, target in (*_PAIRS, ("dogs-at-window", "fig-red-bowl"))
    ),
    "LUT fit": tuple(ColorFit(f"{source} to {target}", source, target, "lut") for source, target in _PAIRS),
    "texture": (
        Texture("gravel", "forest-stream", (300, 500)),
        Texture("grass", "autumn-mountain", (800, 600)),
    ),
    "guidance, inner loop": (
        Guided("an owl to a sunset", "an owl", "mountain-sunset"),
        Guided("a teapot to a lagoon", "a teapot", "lagoon-jetty"),
    ),
}
