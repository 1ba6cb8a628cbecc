"""The command: print what each large model takes, counted and estimated."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.large import __doc__ as about
from benchmarks.large.accounting import weights_of, working_of
from benchmarks.large.published import PUBLISHED
from guidance.catalogue import MODELS
from guidance.memory import DTYPES, GIB, memory_estimate
from guidance.quantize.kinds import BACKENDS, NONE, SINQ

KINDS = (NONE, SINQ, *BACKENDS)
HEAD = (
    "| model | size | weights: denoiser | encoders | VAE | all, estimate | 4 bits, estimate | a step | plain | guided "
    "| plain, estimate | guided, estimate |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def counted(model: str) -> dict[str, Any]:
    """Everything that is counted of one model, GiB, and the estimates."""
    entry, working = MODELS[model], working_of(model)
    size = (entry.width, entry.height)
    formats = {dtype: vars(weights_of(model, dtype)) for dtype in DTYPES}
    kinds = {kind: vars(weights_of(model, None, kind)) for kind in KINDS}
    estimates = {kind: memory_estimate(entry, *size, quantize=kind).weights for kind in KINDS}
    shapes = PUBLISHED[model]
    return {
        "size": size,
        "dtype": entry.dtype,
        "weights": {dtype: _gib(parts) for dtype, parts in formats.items()},
        "quantized": {kind: _gib(parts) for kind, parts in kinds.items()},
        "quantized_estimate": estimates,
        "working": _gib(vars(working)),
        "working_estimate": {
            way: memory_estimate(entry, *size, guided=way == "guided").working for way in ("plain", "guided")
        },
        "sources": {part.kind: part.source for part in (shapes.denoiser, *shapes.encoders, shapes.vae)},
    }


def _gib(parts: dict[str, float]) -> dict[str, float]:
    return {name: value / GIB for name, value in parts.items()}


def row(model: str, found: dict[str, Any]) -> str:
    """The row of the table."""
    parts = found["quantized"][NONE]
    few = sum(found["quantized"][SINQ].values())
    working, estimate = found["working"], found["working_estimate"]
    cells = [model.split("/")[-1], f"{found['size'][0]}", *(f"{parts[name]:.1f}" for name in parts)]
    cells.append(f"{sum(parts.values()):.1f}, {found['quantized_estimate'][NONE]:.1f}")
    cells.append(f"{few:.1f}, {found['quantized_estimate'][SINQ]:.1f}")
    cells += [f"{working[name]:.2f}" for name in ("step", "plain", "guided")]
    cells += [f"{estimate[way]:.2f}" for way in ("plain", "guided")]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.large", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=sorted(PUBLISHED), help="one model of the catalogue; all if left out")
    parser.add_argument("--json", type=Path, help="write every figure into this file")
    chosen = parser.parse_args()
    print(HEAD)
    found = {}
    for model in [chosen.model] if chosen.model else PUBLISHED:
        found[model] = counted(model)
        print(row(model, found[model]), flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
