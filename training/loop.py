"""What every training run here shares: one seeded loop with a cosine schedule, an average of the weights, a log of the
loss, and checkpoints from which a run that was cut off goes on as if it had not been."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_KEEP_EVERY_SECONDS = 120
_REPORT_EVERY = 50


@dataclass(frozen=True)
class Plan:
    """How long and how fast one model is trained."""

    name: str
    steps: int
    learning_rate: float
    average: float
    seed: int
    warm_up: int = 100
    weight_decay: float = 0.01


StepLoss = Callable[[np.random.Generator, torch.Generator], tuple[Tensor, dict[str, float]]]
"""The loss of one step, and parts of it for the log. Draws from the generators and from nothing else."""


def train(model: nn.Module, step_loss: StepLoss, plan: Plan, work: Path, device: torch.device) -> nn.Module:
    """Train ``model`` in place, or go on where the last checkpoint stood; returns the averaged model.

    The draws of step n depend on the seed and on n alone, so an interrupted run sees what an undisturbed one sees.
    """
    averaged = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(plan.average), use_buffers=False
    )
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay, betas=(0.9, 0.99), fused=True
    )
    total: dict[str, float] = {}  # since the last line of the log
    start, file = 0, work / f"{plan.name}.checkpoint.pt"
    if file.is_file():
        state = torch.load(file, map_location=device, weights_only=True)
        for part, each in ((model, "model"), (averaged, "averaged"), (optimiser, "optimiser")):
            part.load_state_dict(state[each])
        start, total = state["step"], dict(state["total"])
        print(f"{plan.name}: goes on at step {start}", flush=True)
    model.train()
    log, kept, began = work / f"{plan.name}.log.jsonl", time.monotonic(), time.monotonic()
    _cut_log(log, start)
    for step in range(start, plan.steps):
        numbers = np.random.default_rng((plan.seed, step))
        generator = torch.Generator(device).manual_seed(plan.seed * 1_000_003 + step)
        for group in optimiser.param_groups:
            group["lr"] = plan.learning_rate * _schedule(step, plan)
        loss, parts = step_loss(numbers, generator)
        if not torch.isfinite(loss):
            raise RuntimeError(f"{plan.name}: the loss is {loss.item()} at step {step}")
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        averaged.update_parameters(model)
        for name, value in {"loss": loss.item(), **parts}.items():
            total[name] = total.get(name, 0.0) + value
        if (step + 1) % _REPORT_EVERY == 0 or step + 1 == plan.steps:
            summed = step % _REPORT_EVERY + 1
            seconds = (time.monotonic() - began) / (step + 1 - start)
            line = {"step": step + 1, **{name: round(value / summed, 5) for name, value in total.items()}}
            with log.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(line) + "\n")
            print(
                f"{plan.name} {line} {seconds:.3f} s/step, {(plan.steps - step) * seconds / 60:.0f} min left",
                flush=True,
            )
            total = {}
        if time.monotonic() - kept > _KEEP_EVERY_SECONDS or step + 1 == plan.steps:
            _keep(file, model=model.state_dict(), averaged=averaged.state_dict(),
                  optimiser=optimiser.state_dict(), step=step + 1, total=total)  # fmt: skip
            kept = time.monotonic()
    return averaged.module


def _schedule(step: int, plan: Plan) -> float:
    if step < plan.warm_up:
        return (step + 1) / plan.warm_up
    done = (step - plan.warm_up) / max(1, plan.steps - plan.warm_up)
    return 0.5 + 0.5 * math.cos(math.pi * done)


def _cut_log(log: Path, start: int) -> None:
    """Forget what was logged after the checkpoint: those steps come again."""
    if log.is_file():
        lines = [line for line in log.read_text(encoding="utf-8").splitlines() if json.loads(line)["step"] <= start]
        log.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _keep(file: Path, **state: Any) -> None:
    part = file.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, file)


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 where it is fast: on CUDA, and on CPUs with AVX-512 BF16 or AMX."""
    return torch.autocast(device.type, dtype=torch.bfloat16)
